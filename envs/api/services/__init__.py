"""All services, by name. Those of `NOVEL` appear in no training task."""

from envs.api.services.bank import Bank
from envs.api.services.base import Service
from envs.api.services.calendar import Calendar
from envs.api.services.clinic import Clinic
from envs.api.services.contacts import Contacts
from envs.api.services.files import Files
from envs.api.services.fleet import Fleet
from envs.api.services.home import Home
from envs.api.services.library import Library
from envs.api.services.mail import Mail
from envs.api.services.shop import Shop
from envs.api.services.tickets import Tickets
from envs.api.services.travel import Travel
from envs.tool import Tool

__all__ = ["ALL_TOOLS", "NOVEL", "SEEN", "SERVICES", "AllServices"]

SEEN: dict[str, type[Service]] = {
    service.__name__.lower(): service
    for service in (Contacts, Mail, Calendar, Bank, Travel, Shop, Home, Tickets, Files)
}
NOVEL: dict[str, type[Service]] = {service.__name__.lower(): service for service in (Clinic, Library, Fleet)}
SERVICES = SEEN | NOVEL
AllServices: type[Service] = type("AllServices", tuple(SERVICES.values()), {})
"""Every tool of every service on one class; an episode offers a few of them."""
ALL_TOOLS: dict[str, Tool] = {
    name: member for service in SERVICES.values() for name, member in vars(service).items() if isinstance(member, Tool)
}
