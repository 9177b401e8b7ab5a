// A program as it was when the service lived: it knows of nobody but Google.
//
// Arguments: package (googleapis22 or googleapis28), project. Prints what it leases. NODE_PATH says
// where the packages are.
'use strict';

const { promisify } = require('util');

async function main(packageName, project) {
  const { insert, lease } = clients[packageName]();
  const there = { project, taskqueue: 'mail' };
  const payloadBase64 = Buffer.from('hello').toString('base64');
  await insert({ ...there, resource: { queueName: 'mail', payloadBase64 } });
  const leased = await lease({ ...there, numTasks: 1, leaseSecs: 60 });
  console.log(Buffer.from(leased.items[0].payloadBase64, 'base64').toString());
}

const clients = {
  // Callbacks only: (error, body, response).
  googleapis22() {
    const { tasks } = require('googleapis22').taskqueue('v1beta2');
    return { insert: promisify(tasks.insert), lease: promisify(tasks.lease) };
  },
  // Promises of the response.
  googleapis28() {
    const { tasks } = require('googleapis28').google.taskqueue('v1beta2');
    const data = (method) => async (parameters) => (await method.call(tasks, parameters)).data;
    return { insert: data(tasks.insert), lease: data(tasks.lease) };
  },
};

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
