"""The tour with the client that openapi-python-client generates."""

import os

from python_client import AuthenticatedClient
from python_client.api.advisories import create_advisories_v2
from python_client.api.places import (
    adjust_population_places_v2,
    list_places_v2,
    read_places_v2,
)
from python_client.api.trips import create_trips_v2, delete_trips_v2, replace_trips_v2
from python_client.models import (
    AdvisoriesV2Input,
    PlacesV2,
    PlacesV2AdjustPopulationInput,
    PlacesV2Page,
    TripsV2,
    TripsV2Input,
)

api = AuthenticatedClient(base_url=os.environ["SPILLWAY_URL"], token=os.environ["SPILLWAY_TOKEN"])

page = list_places_v2.sync(client=api, country_code="FR", limit=3)
assert isinstance(page, PlacesV2Page) and len(page.items) == 3, page
first = page.items[0]
after = list_places_v2.sync(client=api, country_code="FR", limit=3, cursor=page.next_cursor)
assert isinstance(after, PlacesV2Page) and after.items[0].id not in [item.id for item in page.items], after
place = read_places_v2.sync(id=first.id, client=api)
assert isinstance(place, PlacesV2) and place.name == first.name, place

body = TripsV2Input.from_dict(
    {"title": "A week in Lyon", "startsOn": "2027-05-01", "endsOn": "2027-05-08", "placeIds": [first.id]}
)
made = create_trips_v2.sync_detailed(client=api, body=body)
assert isinstance(made.parsed, TripsV2), made
# Version 0.29 makes invalid code of a PATCH, whose body has two media types.
change = TripsV2Input.from_dict({**body.to_dict(), "notes": "bring an umbrella"})
trip = {"id": made.parsed.id, "client": api}
changed = replace_trips_v2.sync_detailed(**trip, body=change, if_match=made.headers["etag"])
assert isinstance(changed.parsed, TripsV2) and changed.parsed.notes == "bring an umbrella", changed
conflict = replace_trips_v2.sync_detailed(**trip, body=change, if_match=made.headers["etag"])
assert conflict.status_code == 412 and conflict.parsed.code == "precondition-failed", conflict
gone = delete_trips_v2.sync_detailed(**trip, if_match=changed.headers["etag"])
assert gone.status_code == 204, gone

advisory = {"code": "FR-2027-1", "countryCode": "FR", "level": "caution", "title": "Rail timetable changes"}
draft = AdvisoriesV2Input.from_dict({**advisory, "validUntil": "2027-06-01T00:00:00Z"})
denied = create_advisories_v2.sync_detailed(client=api, body=draft)
assert denied.status_code == 403 and denied.parsed.code == "insufficient-scope", denied

adjusted = adjust_population_places_v2.sync(id=first.id, client=api, body=PlacesV2AdjustPopulationInput(by=1))
assert isinstance(adjusted, PlacesV2) and adjusted.population == first.population + 1, adjusted
