"""RabbitMQ as the reference implementation's applications use it.

    rabbit.py declare URL EXCHANGE QUEUE    a durable queue that gets all that is published there
    rabbit.py publish URL EXCHANGE          lines {"key", "type", "body"} from standard input, each confirmed, in order
    rabbit.py depth URL QUEUE               how many messages wait there
    rabbit.py drain URL QUEUE               all that wait there, one line each, taken off
"""

import asyncio
import json
import sys

import aio_pika


async def main(command, url, *names):
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await globals()[command](channel, *names)


async def declare(channel, exchange, queue):
    await channel.declare_exchange(exchange, "topic", durable=True)
    declared = await channel.declare_queue(queue, durable=True)
    await declared.bind(exchange, "#")


async def publish(channel, exchange):
    target = await channel.get_exchange(exchange, ensure=False)
    under_way = set()
    for line in sys.stdin:
        found = json.loads(line)
        message = aio_pika.Message(
            found["body"].encode(),
            type=found["type"],
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        under_way.add(asyncio.ensure_future(target.publish(message, found["key"], mandatory=True)))
        if len(under_way) >= 500:
            await asyncio.gather(*under_way)
            under_way.clear()
    await asyncio.gather(*under_way)


async def depth(channel, queue):
    declared = await channel.declare_queue(queue, passive=True)
    print(declared.declaration_result.message_count)


async def drain(channel, queue):
    declared = await channel.declare_queue(queue, passive=True)
    left = declared.declaration_result.message_count
    await channel.set_qos(prefetch_count=500)
    if left == 0:
        return
    async with declared.iterator() as messages:
        async for message in messages:
            headers = {name: str(value) for name, value in message.headers.items()}
            found = {
                "type": message.type,
                "contentType": message.content_type,
                "appId": message.app_id,
                "durable": message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT,
                "redelivered": message.redelivered,
                "headers": headers,
                "body": message.body.decode(),
            }
            print(json.dumps(found))
            await message.ack()
            left -= 1
            if left == 0:
                break


asyncio.run(main(*sys.argv[1:]))
