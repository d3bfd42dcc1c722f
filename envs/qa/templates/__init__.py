"""The families of questions."""

from envs.qa.templates.base import Draft, Scene, Template
from envs.qa.templates.novel import NOVEL_TEMPLATES
from envs.qa.templates.seen import SEEN_TEMPLATES

__all__ = ["NOVEL_TEMPLATES", "SEEN_TEMPLATES", "Draft", "Scene", "Template"]
