"""Floor 8: the WSGI application for any server, as in `gunicorn wsgi:app`; the worker runs apart."""

from webinar_hub.core.loading import all_of_it_stays

with all_of_it_stays():
    from webinar_hub.app import create_app

    app = create_app(studio_waits=True)
