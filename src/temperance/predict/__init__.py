"""Contacts and effects of mutations."""
