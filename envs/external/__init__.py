"""Worlds that other people wrote, behind our tools: a file each, and what it drives is an extra, imported when used."""
