"""Lets the reference implementation judge thousands of messages, and writes its verdicts down.

    cd CHECKOUT-OF-SWPT_STOMP && python3 -m venv venv && venv/bin/pip install aio-pika marshmallow tomli
    PYTHONPATH=. venv/bin/python .../test/interop/reference/make-vectors.py COMMIT > test/fixtures/swaptacular/reference-verdicts.json

Nothing is random: the same checkout gives the same file. A message is a base and one or two fields that are other than in
it: `[field, JSON text, …]`, null where the field is left out, `@TEXT*COUNT` for a long JSON text of TEXT repeated. A verdict
is what the reference implementation says when it refuses; `=CREDITOR,COORDINATOR` where it takes it, with the IDs that come out,
followed by the headers ca-creditors and ca-trade where it sets them; `!NAME` where it fails with an exception that it does not expect.
"""

import asyncio
import datetime as dt
import json
import sys

from swpt_stomp import process_messages as pm
from swpt_stomp.common import Message, ServerError
from swpt_stomp.peer_data import NodeData, NodeType, PeerData, Subnet
from swpt_stomp.rmq import RmqMessage

NOW = "2026-11-22T12:00:00+00:00"


class FixedClock(dt.datetime):
    @classmethod
    def now(cls, tz=None):
        return dt.datetime.fromisoformat(NOW)


pm.datetime = FixedClock

AA, CA, DA = NodeType.AA, NodeType.CA, NodeType.DA
UNIT = {AA: "accounting-authority", CA: "creditors-agent", DA: "debtors-agent"}
LOW, HIGH = "1234abcd", "f234abcd"
AGENT = "f" * 32


def relation(own, peer, own_subnet, subnet, authority=LOW):
    zero, universal = Subnet.parse("00" * 8), Subnet.parse("")
    own_id, peer_id = (authority, AGENT) if own is AA else (AGENT, authority)
    if own is AA:
        owned = (universal, Subnet.parse(authority))
        theirs = (Subnet.parse(subnet), owned[1]) if peer is CA else (zero, Subnet.parse(subnet))
    elif own is CA:
        owned = (Subnet.parse(own_subnet), universal)
        theirs = (Subnet.parse(subnet), Subnet.parse(authority))
    else:
        owned = (zero, Subnet.parse(own_subnet))
        theirs = (zero, owned[1])
    return {
        "own": {"id": own_id, "nodeType": UNIT[own], "subnet": own_subnet},
        "peer": {"id": peer_id, "nodeType": UNIT[peer], "subnet": subnet},
        "_node": NodeData(own, own_id, b"", *owned),
        "_peer": PeerData(peer, peer_id, None, b"", b"", *theirs, True, False),
    }


RELATIONS = [
    relation(AA, CA, LOW, "000001"),
    relation(AA, DA, LOW, LOW + "05"),
    relation(CA, AA, "000001", "0000a7"),
    relation(CA, AA, "000001", "000001"),
    relation(DA, AA, LOW + "05", None),
    relation(AA, CA, HIGH, "ffffff", HIGH),
    relation(CA, AA, "800001", "ffff0a", HIGH),
    relation(CA, AA, "000001", "80000b"),
    relation(CA, AA, "80000c", "7fffff", HIGH),
]


def signed(digits, number):
    value = int(digits.ljust(16, "0"), 16) | number
    return value - (1 << 64) if value >= 1 << 63 else value


TIME, FAR = '"2026-11-22T11:59:59.123456+00:00"', '"9999-12-31T23:59:59Z"'
KIND = {
    "config_data": "text2000", "config_flags": "i32", "negligible_amount": "float", "seqnum": "i32", "ts": "time",
    "coordinator_type": "ascii30", "coordinator_id": "i64", "coordinator_request_id": "i64", "transfer_id": "i64",
    "min_locked_amount": "n64", "max_locked_amount": "n64", "recipient": "ascii100", "sender": "ascii100",
    "final_interest_rate_ts": "time", "max_commit_delay": "n32", "committed_amount": "n64", "config_ts": "time",
    "config_seqnum": "i32", "rejection_code": "ascii30", "status_code": "ascii30", "total_locked_amount": "n64",
    "locked_amount": "n64", "prepared_at": "time", "demurrage_rate": "float", "deadline": "time",
    "transfer_note_format": "format", "transfer_note": "text500", "creation_date": "date", "last_change_ts": "time",
    "last_change_seqnum": "i32", "principal": "i64", "interest": "float", "interest_rate": "float",
    "last_interest_rate_change_ts": "time", "last_config_ts": "time", "last_config_seqnum": "i32",
    "account_id": "ascii100", "debtor_info_iri": "text200", "debtor_info_content_type": "ascii100",
    "debtor_info_sha256": "hash", "last_transfer_number": "n64", "last_transfer_committed_at": "time",
    "commit_period": "n32", "transfer_note_max_bytes": "n500", "ttl": "n32", "transfer_number": "n64",
    "acquired_amount": "i64", "committed_at": "time", "previous_transfer_number": "n64", "debtor_id": "i64",
    "creditor_id": "i64", "type": "type",
}
GOOD = {
    "text2000": '"ü"', "text500": '"für dich"', "text200": '"https://a.example/ü"', "ascii30": '"direct"',
    "ascii100": '"abc"', "i32": "-5", "i64": "12", "n32": "3600", "n64": "7", "n500": "500", "float": "-0.5",
    "time": TIME, "date": '"2026-02-28"', "format": '"json"', "hash": '""',
}
OVERRIDES = {
    "negligible_amount": "1e+16", "status_code": '"E"', "previous_transfer_number": "6", "committed_amount": "0",
    "deadline": FAR, "final_interest_rate_ts": FAR, "max_locked_amount": "9", "rejection_code": '"NO"',
}


def base_of(rel, direction, msg_type):
    """The fields of a good message, by the schema of the reference implementation, each as JSON text."""
    node, peer = rel["_node"], rel["_peer"]
    agent = node if direction == "out" and node.node_type is CA else peer
    creditors, debtors = agent.creditors_subnet, peer.debtors_subnet
    to_signed = lambda n: n - (1 << 64) if n >= 1 << 63 else n
    low = 7 if CA in (node.node_type, peer.node_type) else 0
    creditor = to_signed(creditors.subnet | low << 32 | low)
    debtor = to_signed(debtors.subnet | 5)
    issuing = DA in (node.node_type, peer.node_type)
    fields = {"type": json.dumps(msg_type), "debtor_id": str(debtor), "creditor_id": str(creditor)}
    for name in pm.JSON_SCHEMAS[msg_type].fields:
        if name not in fields:
            fields[name] = OVERRIDES.get(name, GOOD[KIND[name]])
    if "coordinator_type" in fields and issuing:
        fields["coordinator_type"] = '"issuing"'
    if "coordinator_id" in fields:
        fields["coordinator_id"] = fields["debtor_id"] if issuing else fields["creditor_id"]
    return fields


TEXTS = lambda size: [
    f"@x*{size}", f"@x*{size + 1}", f"@ü*{size // 2}", f"@ü*{size // 2 + 1}", f"@😀*{size // 4}", f"@😀*{size // 4 + 1}", '"\\u0000"', '"a\\nb"', '""', '"\\ud83d\\ude00"', '"\\ud800"',
    '"a\\udc00b"', '"\\u00fc"', '"\\/"', '"\t"',
]
ANY = ["null", "true", "false", "[]", "{}", "[1]", '""', '"x"', '"1"', '" 1 "', "1.5", "1.0", "1e2", "-0", "-1", "0", "1"]
INTEGERS = [
    str(sign * n + more) for n in (2**31, 2**32, 2**53, 2**63, 2**64, 500) for sign in (1, -1) for more in (-1, 0, 1)
] + ["99999999999999999999999", "1E400", "01", "+1", "1.", ".5", "0x1", "1_000", "NaN", "Infinity", "-Infinity"]
FLOATS = [
    "-100", "-100.00000001", "-99.9", "0.0", "-0.0", "1e-7", "1e308", "1e309", "-1e309", "1e-400", "NaN", "Infinity",
    "-Infinity", '"NaN"', '"1.5"', '"-1"', "123456789012345678901234567890",
]
TIMES = [
    "2026-11-22T12:00:00Z", "2026-11-22T12:00:00", "2026-11-22 12:00:00Z", "2026-11-22T12:00Z", "2026-11-22T12Z",
    "2026-11-22", "2026-11-22T12:00:00z", "2026-11-22t12:00:00Z", "2026-11-22T12:00:00+00:00", "2026-11-22T12:00:00+0000",
    "2026-11-22T12:00:00+00", "2026-11-22T12:00:00-23:59", "2026-11-22T12:00:00+23:59", "2026-11-22T12:00:00+24:00",
    "2026-11-22T12:00:00+12:60", "2026-11-22T12:00:00.1Z", "2026-11-22T12:00:00.123456789Z",
    "2026-11-22T12:00:00.123456789012Z", "2026-11-22T12:00:00.1234567890123Z", "2026-11-22T12:00:00.Z",
    "2026-11-22T12:00:00,5Z", "2026-11-22T24:00:00Z", "2026-11-22T23:59:60Z", "2026-11-22T12:60:00Z",
    "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
    "0099-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-10:00", "10000-01-01T00:00:00Z",
    "+002026-11-22T12:00:00Z", "2026-1-2T3:4:5Z", "2026-11-22T12:00:00Z ", " 2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z\\n",
    "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "20261122T120000Z", "2026-W47-7", "Sun, 22 Nov 2026 12:00:00 GMT",
    "٢٠٢٦-11-22T12:00:00Z", "2026-11-22T14:00:00Z", "2026-11-22T14:00:01Z", "2026-11-22T15:00:01+01:00",
    "2026-11-22T16:00:00+02:01", "2026-11-22T11:00:00-04:00", "1970-01-01T00:00:00Z",
]
DATES = [
    "2026-02-29", "2024-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01", "0001-01-01",
    "9999-12-31", "10000-01-01", "2026-1-2", "2026-11-22T00:00:00Z", "2026-11-22 ", "2026-11-22\\n", "20261122", "1900-02-29",
    "22.11.2026", "2026-11-22Z", "٢٠٢٦-11-22",
]
FORMATS = ["", "a", "A.b-9", "12345678", "123456789", "a b", "a_b", "ü", "json\\n", "\\njson", "a/b"]
HASHES = ["", "a" * 64, "A" * 64, "a" * 63 + "A", "a" * 63, "a" * 65, "g" * 64, "0" * 64, "a" * 64 + "\\n"]
quoted = lambda values: [f'"{value}"' for value in values]
VALUES = {
    "i32": INTEGERS, "i64": INTEGERS, "n32": INTEGERS, "n64": INTEGERS, "n500": INTEGERS, "float": FLOATS,
    "time": quoted(TIMES), "date": quoted(DATES), "format": quoted(FORMATS), "hash": quoted(HASHES),
    "text2000": TEXTS(2000), "text500": TEXTS(500), "text200": TEXTS(200) + ["@😀*200", "@😀*201"],
    "ascii30": TEXTS(30) + quoted(["direct", "agent", "issuing", "interest", "OK", "Direct", "constructor", "__proto__"]),
    "ascii100": TEXTS(100), "type": quoted(["", "AccountPurge", "PrepareTransfer", "constructor"]),
}


def ids(rel):
    """Creditors and debtors at the edges of all subnets there are, and next to them."""
    found = {0, 7, 2**63 - 1, -(2**63)}
    for digits in {rel["own"]["subnet"], rel["peer"]["subnet"], rel["own"]["id"], rel["peer"]["id"]}:
        if digits is None or len(digits) > 16:
            continue
        rest = (1 << (64 - 4 * len(digits))) - 1
        for number in (0, 7, (1 << 32) - 1, 1 << 32, rest):
            found.add(signed(digits, number))
        found.add((signed(digits, rest) + 1 + 2**63) % 2**64 - 2**63)
        found.add((signed(digits, 0) - 1 + 2**63) % 2**64 - 2**63)
    return sorted(found)


def changes_of(rel, direction, msg_type, base, is_full):
    yield []
    for name in base:
        if is_full:
            yield [[name, None]]
            for value in ANY + VALUES[KIND[name]]:
                yield [[name, value]]
    for creditor in ids(rel):
        yield [["creditor_id", str(creditor)]]
        for name in ("coordinator_id", "debtor_id"):
            if name in base and is_full:
                yield [[name, str(creditor)]]
        if "coordinator_id" in base:
            yield [["creditor_id", str(creditor)], ["coordinator_id", str(creditor)]]
            yield [["coordinator_type", '"agent"'], ["coordinator_id", str(creditor)]]
    if not is_full:
        return
    if "coordinator_type" in base:
        for kind in ("direct", "agent", "issuing", "interest"):
            yield [["coordinator_type", f'"{kind}"']]
            if "coordinator_id" in base:
                for name in ("creditor_id", "debtor_id"):
                    yield [["coordinator_type", f'"{kind}"'], ["coordinator_id", base[name]]]
    pairs = {
        "PrepareTransfer": ("min_locked_amount", "max_locked_amount"),
        "FinalizedTransfer": ("status_code", "committed_amount"),
        "AccountTransfer": ("previous_transfer_number", "transfer_number"),
    }
    one, two = pairs.get(msg_type, (None, None))
    if one is not None:
        for a in ('"OK"', '"ok"', '""') if one == "status_code" else ("0", "7", "8", str(2**63 - 1)):
            for b in ("0", "1", "7", "8", str(2**63 - 1)):
                yield [[one, a], [two, b]]
    for extra in ('"x"', "7", "null", "{}"):
        yield [["further", extra]]
        yield [["coordinator_id", extra]]


def text_of(value):
    if not value.startswith("@"):
        return value
    text, count = value[1:].split("*")
    return json.dumps(text * int(count), ensure_ascii=False)


def judge(rel, direction, msg_type, content_type, body):
    node, peer = rel["_node"], rel["_peer"]
    try:
        if direction == "in":
            m = asyncio.run(pm.preprocess_message(node, peer, Message("1", msg_type, bytearray(body), content_type)))
            found = [m.headers.get(name, "") for name in ("creditor-id", "coordinator-id", "ca-creditors", "ca-trade")]
        else:
            m = pm.transform_message(node, peer, RmqMessage("1", bytes(body), {}, msg_type, content_type, None))
            data = json.loads(m.body.decode())
            found = [data.get(name, "") for name in ("creditor_id", "coordinator_id")]
            # An ID beyond 64 bits would be refused by whoever gets it.
            if any(not -(2**63) <= number < 2**63 for number in found if number != ""):
                return "!Beyond64Bits"
        return "=" + ",".join(map(str, found))
    except ServerError as e:
        return e.error_message
    except pm.ProcessingError as e:
        return e.error_message
    except Exception as e:
        return "!" + type(e).__name__


def main(commit):
    bases, seen, count = [], set(), 0
    for r, rel in enumerate(RELATIONS):
        is_authority = rel["_node"].node_type is AA
        for direction in ("in", "out"):
            takes_in = is_authority == (direction == "in")
            types = sorted(pm.IN_MESSAGE_TYPES if takes_in else pm.OUT_MESSAGE_TYPES)
            for msg_type in types:
                base = base_of(rel, direction, msg_type)
                # Fields do not depend on who talks to whom, or which way: once for each type is enough.
                is_full = msg_type not in seen
                seen.add(msg_type)
                told, cases = set(), {}
                for change in changes_of(rel, direction, msg_type, base, is_full):
                    key = json.dumps(change)
                    if key in told:
                        continue
                    told.add(key)
                    fields = {**base, **dict(change)}
                    text = ",".join(f"{json.dumps(n)}:{text_of(v)}" for n, v in fields.items() if v is not None)
                    body = ("{" + text + "}").encode("utf8", "surrogatepass")
                    # Longer ones are refused before they are looked at.
                    if len(body) <= 8192:
                        verdict = judge(rel, direction, msg_type, "application/json", body)
                        cases.setdefault(verdict, []).append([part for pair in change for part in pair])
                        count += 1
                bases.append({"relation": r, "way": direction, "type": msg_type, "base": base, "cases": cases})
    frames = []
    good = bases[0]["base"]
    text = "{" + ",".join(f"{json.dumps(n)}:{v}" for n, v in good.items()) + "}"
    frames_in = [(t, "application/json", text) for t in ("", "X", "PreparedTransfer", "constructor", "prepareTransfer")]
    frames_in += [(bases[0]["type"], c, text) for c in ("", "text/plain", "application/json; charset=utf-8", "Application/JSON")]
    bodies = ["", " ", "null", "[]", "1", '"x"', "{}", text[:-1], text + "x", " " + text + "\n", "\ufeff" + text, "[" + text + "]"]
    bodies += [text.replace(",", " ,\t\r\n", 3), text.replace(",", ",\u00a0", 1), "\x0b" + text, text.replace("}", ",}")]
    frames_in += [(bases[0]["type"], "application/json", body) for body in bodies]
    for msg_type, content_type, body in frames_in:
        verdict = judge(RELATIONS[0], "in", msg_type, content_type, body.encode("utf8"))
        frames.append([msg_type, content_type, body, verdict])
    relations = [{"own": r["own"], "peer": r["peer"]} for r in RELATIONS]
    write = lambda value: json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    print('{"madeWith":' + write(f"swaptacular/swpt_stomp {commit}, test/interop/reference/make-vectors.py") + ",")
    print('"now":' + write(NOW) + ',"relations":' + write(relations) + ",")
    print('"frames":[\n' + ",\n".join(map(write, frames)) + "],")
    print('"bases":[\n' + ",\n".join(map(write, bases)) + "]}")
    print(f"{count} messages judged", file=sys.stderr)


main(sys.argv[1])
