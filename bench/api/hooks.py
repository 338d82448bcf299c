"""What a schema cannot say of a valid request, said for schemathesis: that it fits the server's state."""

import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """A valid cursor comes from an earlier answer, a valid key is new, and a precondition holds."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.query:
        case.query.pop("cursor", None)
    for name, value in {"Idempotency-Key": str(uuid.uuid4()), "If-Match": "*"}.items():
        if case.headers and name in case.headers:
            case.headers[name] = value
    # Otherwise a changed case is judged anew by its serialized form, in which no array is one.
    case._sync_validated_hashes()
