"""The task templates: those that are trained on, and the novel ones."""

from envs.shell.templates.accounts import ACCOUNTS
from envs.shell.templates.archives import ARCHIVES
from envs.shell.templates.base import Draft, Scene, Template, Unfit
from envs.shell.templates.copies import COPIES
from envs.shell.templates.counting import COUNTING
from envs.shell.templates.documents import DOCUMENTS
from envs.shell.templates.finding import FINDING
from envs.shell.templates.folders import FOLDERS
from envs.shell.templates.links import LINKS
from envs.shell.templates.logs import LOGS
from envs.shell.templates.novel_changes import NOVEL_CHANGES
from envs.shell.templates.novel_reads import NOVEL_READS
from envs.shell.templates.permissions import PERMISSIONS
from envs.shell.templates.processes import PROCESSES
from envs.shell.templates.scripts import SCRIPTS
from envs.shell.templates.settings import SETTINGS
from envs.shell.templates.sheets import SHEETS
from envs.shell.templates.tables import TABLES

__all__ = ["NOVEL_TEMPLATES", "SEEN_TEMPLATES", "Draft", "Scene", "Template", "Unfit"]

SEEN_TEMPLATES = COUNTING + FINDING + TABLES + SHEETS + LOGS + PERMISSIONS + ARCHIVES + LINKS + PROCESSES
SEEN_TEMPLATES += ACCOUNTS + SETTINGS + FOLDERS + COPIES + SCRIPTS + DOCUMENTS
NOVEL_TEMPLATES = NOVEL_READS + NOVEL_CHANGES
