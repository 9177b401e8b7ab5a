from temporalio.client import Client


async def main():
    client = await Client.connect("localhost:7233")
    await client.start_workflow("w", id="x", task_queue="taskqueue")
