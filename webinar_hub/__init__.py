"""Webinar Hub: live webinars and cohorts, from the sign-up to the last bonus."""

__version__ = "0.1.0"
