"""What a schema cannot say of a valid request, said for schemathesis."""

import functools
import uuid

import schemathesis
from hypothesis import strategies
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.adapter import responses

# Version 4.32 checks responses by draft 2020-12, but turns `prefixItems` into the tuples of draft-07 before.
responses.to_json_schema = functools.partial(responses.to_json_schema, convert_prefix_items=False)

# Times that the pattern beside the format allows; the built-in strategy makes finer ones, of which it would drop most.
schemathesis.openapi.format(
    "date-time",
    strategies.datetimes().map(lambda time: time.isoformat(timespec="milliseconds").rjust(23, "0") + "Z"),
)


@schemathesis.hook
def filter_case(context, case):
    """Drops what is wrong by the schema and right, or invisible, on the wire."""
    made = case.meta.phase.data if case.meta else None
    is_wrong_type = getattr(made, "scenario", None) == "incorrect_type"
    # A text in place of a list of texts is a list of one.
    is_list_of_one = is_wrong_type and str(made.parameter).endswith("[in]")
    # The edge's runtime shows an empty precondition as none at all.
    has_empty_precondition = any(
        str(value).strip() == "" for name, value in (case.headers or {}).items() if name.startswith("If-")
    )
    return not (is_list_of_one or has_empty_precondition)


@schemathesis.hook
def before_call(context, case, kwargs):
    """In a valid request the cursor is of an earlier answer, alternatives are filters, a search has words, what is near
    is neither sorted nor counted, no field sorts twice, the key is new, the precondition holds. All fields are asked
    for: the schema of an answer is that of whole documents."""
    if case.meta is None:
        return
    # A long poll takes as long as it may: one that is a second long says the same.
    wait = str((case.query or {}).get("wait", ""))
    if wait.isdigit() and 1 < int(wait) <= 25:
        case.query["wait"] = 1
        case._sync_validated_hashes()
    if not case.meta.generation.mode.is_positive:
        # A wrong header may be ignored, and a wrong path replaced by a link: then the answer is one to a valid request.
        wrong = getattr(case.meta.phase.data, "parameter_location", None)
        query = case.meta.components.get(ParameterLocation.QUERY)
        if case.query and (wrong == "header" or (query is not None and query.mode.is_positive)):
            case.query.pop("fields", None)
            case._sync_validated_hashes()
        return
    if case.query:
        for name in ("cursor", "fields", "or", "search"):
            case.query.pop(name, None)
        if "near" in case.query:
            for name in ("sort", "count"):
                case.query.pop(name, None)
        if "sort" in case.query:
            case.query["sort"] = without_repetition(case.query["sort"])
    for name, value in {"Idempotency-Key": str(uuid.uuid4()), "If-Match": "*"}.items():
        if case.headers and name in case.headers:
            case.headers[name] = value
    # Otherwise a changed case is judged anew by its serialized form, in which no array is one.
    case._sync_validated_hashes()


def without_repetition(sort):
    by_field = {}
    for part in str(sort).split(","):
        by_field.setdefault(part.removeprefix("-"), part)
    return ",".join(by_field.values())
