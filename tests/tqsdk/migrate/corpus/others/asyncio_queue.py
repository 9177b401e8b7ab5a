import asyncio


async def main():
    taskqueue = asyncio.Queue()
    await taskqueue.put(1)
    print(await taskqueue.get())
