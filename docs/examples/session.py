"""Runs one session on a unit of a running gateway, with nothing generated: reflection has it all.

    python3 session.py [--address 127.0.0.1:50051] [--unit pemf-a]

It does what clinic software does: checks a prescription and reads every decision, gives a reason
for the soft limits that it exceeds, confirms the values that the unit can really do, arms, starts,
echoes each beacon it is shown, and prints the outcome. Needs grpcio, grpcio-reflection and protobuf.
"""

import argparse
import datetime
import json
import queue
import sys
import uuid

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

PACKAGE = "therapy.gateway.v1"
PERSON = {"name": "docs example", "role": "ROLE_CLINICIAN"}
REASON = "example session on a simulated unit, shorter than one that has an effect"


class Api:
    """The calls of the gateway, as its reflection service describes them."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.pool = DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))

    def message(self, name, fields=None):
        """A message of the package, from a dict as JSON would have it."""
        kind = message_factory.GetMessageClass(
            self.pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
        )
        return json_format.ParseDict(fields or {}, kind())

    def method(self, service, name):
        """A callable for one method, whatever its streaming."""
        found = self.pool.FindServiceByName(f"{PACKAGE}.{service}").FindMethodByName(name)
        reply = message_factory.GetMessageClass(found.output_type)
        shape = {
            (False, False): self.channel.unary_unary,
            (False, True): self.channel.unary_stream,
            (True, True): self.channel.stream_stream,
        }[(found.client_streaming, found.server_streaming)]
        return shape(
            f"/{PACKAGE}.{service}/{name}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=reply.FromString,
        )


def prescription(unit_modality):
    """A short, low prescription for a made-up patient."""
    now = datetime.datetime.now(datetime.timezone.utc)
    asked = lambda question: {  # noqa: E731
        "question": f"SCREENING_QUESTION_{question}",
        "answer": "ANSWER_NO",
        "answered_time": now.isoformat(),
    }
    common = {
        "patient": {"issuer": "example-clinic", "patient_id": uuid.uuid4().hex[:12]},
        "prescription_id": "example",
        "revision": 1,
        "author": PERSON,
        "issued_time": now.isoformat(),
        "expire_time": (now + datetime.timedelta(hours=1)).isoformat(),
        "course_id": "example",
        "course_sessions": 1,
    }
    if unit_modality == "MODALITY_PEMF":
        return common | {
            "site": "SITE_INNER_THIGH",
            "side": "SIDE_LEFT",
            "screening": [
                asked("IMPLANT"),
                asked("PREGNANCY"),
                asked("EPILEPSY"),
                asked("METAL_IN_HEAD_OR_NECK"),
                asked("BYSTANDER_IMPLANT"),
            ],
            "pemf": {
                "peak_flux_density_microteslas": 2000,
                "frequency_millihertz": 10000,
                "waveform": "WAVEFORM_SINE",
                "duty_permille": 1000,
                "exposure_microtesla_seconds": 10000,
                "time_limit_milliseconds": 20000,
                "applicator_code": "0x0201",
            },
        }
    worn = {"worn": "ANSWER_YES", "optical_density_hundredths": 600}
    return common | {
        "site": "SITE_TRAPEZIUS",
        "side": "SIDE_LEFT",
        "screening": [asked("EPILEPSY")],
        "laser": {
            "power_milliwatts": 4000,
            "wavelengths": [
                {"wavelength_nanometres": 810, "share_permille": 500},
                {"wavelength_nanometres": 980, "share_permille": 500},
            ],
            "gate": {"continuous": {}},
            "spot_area_square_millimetres": 1960,
            "field_area_square_millimetres": 10000,
            "fluence_area": "AREA_KIND_FIELD",
            "technique": "TECHNIQUE_SCANNING",
            "energy_millijoules": 80000,
            "fluence_millijoules_per_square_centimetre": 2000,
            "time_limit_milliseconds": 40000,
            "skin": {
                "fitzpatrick_type": "FITZPATRICK_TYPE_II",
                "tattoo": "ANSWER_NO",
                "dense_hair": "ANSWER_NO",
                "tan": "ANSWER_NO",
            },
            "eyewear": {"patient": worn, "operator": worn, "others_present": "ANSWER_NO"},
        },
    }


def check(api, unit, fields):
    """Has the prescription checked, and again with a reason for each soft limit it exceeds."""
    call = api.method("SessionService", "CheckPrescription")
    for _ in range(2):
        checked = call(
            api.message("CheckPrescriptionRequest", {"unit_id": unit, "prescription": fields})
        )
        for decision in checked.decisions:
            if decision.binding:
                print("  ", decision.sentence)
        verdict = json_format.MessageToDict(checked, preserving_proto_field_name=True)["check"]
        if verdict == "PRESCRIPTION_CHECK_ADMISSIBLE":
            return checked
        if verdict != "PRESCRIPTION_CHECK_OVERRIDE_NEEDED":
            sys.exit(f"refused: {[d.sentence for d in checked.decisions if d.outcome not in (1, 3)]}")
        fields["overrides"] = [
            {"limit": decision.limit, "reason": REASON, "person": PERSON}
            for decision in checked.decisions
            if decision.outcome == 2  # DECISION_OUTCOME_SOFT_EXCEEDED
        ]
    sys.exit("the overrides were not taken")


def operate(api, unit, checked):
    """Confirms, arms, starts and holds. Returns the end of the session."""
    asks = queue.Queue()
    fence = {}

    def ask(name, fields):
        request = {"request_id": str(uuid.uuid4()), "fence": fence, name: fields}
        asks.put(api.message("OperateRequest", request))

    quantised = json_format.MessageToDict(
        checked.quantised_prescription, preserving_proto_field_name=True
    )
    hashed = json_format.MessageToDict(checked, preserving_proto_field_name=True)
    proof = {"prescription_hash": hashed["prescription_hash"]}
    fence.update({"epoch": checked.epoch})
    ask("confirm", {
        "unit_id": unit,
        "prescription": quantised,
        "operator": PERSON | {"role": "ROLE_OPERATOR"},
        "patient_identifiers_checked": [
            "PATIENT_IDENTIFIER_RECORD_NUMBER",
            "PATIENT_IDENTIFIER_BIRTH_DATE",
        ],
    } | proof)
    armed = started = False
    shown = None
    for answer in api.method("SessionService", "Operate")(iter(asks.get, None)):
        kind = answer.WhichOneof("message")
        if kind == "accepted":
            fence.update({"token": answer.accepted.fence.token, "epoch": answer.accepted.fence.epoch})
            if not armed:
                armed = True
                ask("arm", proof)
        elif kind == "refused":
            if not started:
                sys.exit(f"refused: {answer.refused.refusal.sentence}")
            started = False  # Not ready yet: a footswitch, or a setting that was not read back.
        elif kind == "beacon":
            ask("hold", {"beacon_sequence": answer.beacon.sequence, "source": "HOLD_SOURCE_SCRIPT"})
            status = json_format.MessageToDict(
                answer.beacon.status, preserving_proto_field_name=True
            )
            if status["state"] != shown:
                shown = status["state"]
                print("  ", shown)
            if shown == "UNIT_STATE_READY" and not started:
                started = True
                ask("start", proof)
        elif kind == "outcome":
            asks.put(None)
            return answer.outcome
    sys.exit("the stream ended without an outcome")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--address", default="127.0.0.1:50051")
    arguments.add_argument("--unit", default="pemf-a")
    told = arguments.parse_args()
    api = Api(told.address)
    unit = api.method("UnitService", "GetUnit")(
        api.message("GetUnitRequest", {"unit_id": told.unit})
    ).unit
    modality = json_format.MessageToDict(unit, preserving_proto_field_name=True)["modality"]
    print(f"{told.unit} ({modality}): checking")
    checked = check(api, told.unit, prescription(modality))
    end = operate(api, told.unit, checked)
    fields = json_format.MessageToDict(end, preserving_proto_field_name=True)
    print(json.dumps(fields["summary"], indent=2))
    sys.exit(0 if fields["summary"]["outcome"] == "SESSION_OUTCOME_COMPLETE" else 1)


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        # What the gateway says, or that there is none: both are whole sentences.
        print(f"{error.details()}", file=sys.stderr)
        sys.exit(2)
