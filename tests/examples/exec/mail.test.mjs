import assert from 'node:assert/strict';
import { test } from 'node:test';

const root = process.env.TASKQUEUE_ENDPOINT ?? 'https://www.googleapis.com';

test('a task is leased once', async () => {
  const tasks = `${root}/taskqueue/v1beta2/projects/test-lease/taskqueues/mail/tasks`;
  await post(tasks, { queueName: 'mail', payloadBase64: btoa('hello') });

  const first = await post(`${tasks}/lease?numTasks=10&leaseSecs=60`);
  const second = await post(`${tasks}/lease?numTasks=10&leaseSecs=60`);

  assert.deepEqual(first.items.map((task) => atob(task.payloadBase64)), ['hello']);
  assert.equal(second.items, undefined);
});

async function post(url, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
  return answer.json();
}
