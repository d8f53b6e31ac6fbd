"""Follows topics with the WebSocket library `websockets` until the server ends the connection, and says in a line of JSON what came.

ws_client.py PORT KEY TOPIC...; "following" is said when each topic has its snapshot and a delta and a heartbeat came.
"""

import asyncio
import collections
import json
import sys

import websockets

PORT, KEY, *TOPICS = sys.argv[1:]


async def main():
    seen = collections.Counter()
    held, whole = {}, set()
    async with websockets.connect(f"ws://127.0.0.1:{PORT}/ws", subprotocols=["wardpulse.v1"], additional_headers={"X-API-Key": KEY},
                                  max_size=None) as socket:
        await socket.send(json.dumps({"op": "subscribe", "topics": TOPICS}))
        is_following = False
        try:
            while True:
                message = json.loads(await socket.recv())
                kind = message["type"]
                seen[kind] += 1
                if kind == "delta" and held[message["topic"]] != (message["epoch"], message["prev"]):
                    seen["gap"] += 1
                if kind in ("snapshot", "delta"):
                    held[message["topic"]] = (message["epoch"], message["seq"])
                if kind == "snapshot" and not message.get("more"):
                    whole.add(message["topic"])
                if not is_following and whole == set(TOPICS) and seen["delta"] and seen["heartbeat"]:
                    is_following = True
                    print("following", flush=True)
        except websockets.ConnectionClosed as closed:
            print(json.dumps({**seen, "protocol": socket.subprotocol, "closed": closed.rcvd.code}), flush=True)


asyncio.run(main())
