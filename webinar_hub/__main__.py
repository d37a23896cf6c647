"""Floor 8: `webinar-hub`, and the same as `python -m webinar_hub`."""

from webinar_hub.core.loading import all_of_it_stays

with all_of_it_stays():
    from webinar_hub.cli import main

if __name__ == "__main__":
    main()
