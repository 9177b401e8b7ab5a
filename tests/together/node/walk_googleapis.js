// The walk of tests/together/walk.py with npm's googleapis.
//
// Arguments: package (googleapis22 or googleapis28), way (root_url or discovery), the server's
// URL, project, queue. NODE_PATH says where the packages are.
'use strict';

const PAYLOAD = 'na\u00efve \u00fb\u00ff\u00fe?>';

async function main(packageName, way, url, project, queue) {
  const call = await clients[packageName][way](url);
  console.log(JSON.stringify(await walk(call, { project, taskqueue: queue })));
}

// Each promises call(resource, method, parameters), which promises the body of the answer. By
// root_url the client knows the API, and each call is told where the server is; by discovery it
// learns both from the server.
const clients = {
  // Callbacks only: (error, body, response).
  googleapis22: {
    async root_url(url) {
      const api = require('googleapis22').taskqueue('v1beta2');
      return (resource, method, parameters) =>
        called((done) => api[resource][method](parameters, { rootUrl: url + '/' }, done));
    },
    async discovery(url) {
      const api = await called((done) => require('googleapis22').discoverAPI(rest(url), done));
      return (resource, method, parameters) =>
        called((done) => api[resource][method](parameters, done));
    },
  },
  // Promises of the response.
  googleapis28: {
    async root_url(url) {
      const api = require('googleapis28').google.taskqueue('v1beta2');
      return async (resource, method, parameters) =>
        (await api[resource][method](parameters, { rootUrl: url + '/' })).data;
    },
    async discovery(url) {
      const api = await require('googleapis28').google.discoverAPI(rest(url));
      return async (resource, method, parameters) => (await api[resource][method](parameters)).data;
    },
  },
};

function called(start) {
  return new Promise((resolve, reject) =>
    start((error, result) => (error ? reject(error) : resolve(result)))
  );
}

function rest(url) {
  return url + '/discovery/v1/apis/taskqueue/v1beta2/rest';
}

async function walk(call, there) {
  const seen = {};
  const tasks = (method, parameters) => call('tasks', method, { ...there, ...parameters });
  const insert = (task) => tasks('insert', { resource: { queueName: there.taskqueue, ...task } });
  const short = (task) => ({ ...task, queueName: there.taskqueue });

  seen.insert = await insert({ id: 'a', tag: 'red', payloadBase64: encoded(PAYLOAD) });
  await insert({ id: 'b', tag: 'blue', payloadBase64: encoded('of b') });
  await insert({ id: 'c', tag: 'red', payloadBase64: encoded('of c') });
  await insert({ id: 'd', payloadBase64: encoded('of d') });

  seen.get = await tasks('get', { task: 'a' });
  seen.list = await tasks('list', {});
  seen.fields = await tasks('get', { task: 'a', fields: 'id,tag' });

  const many = { numTasks: 10, leaseSecs: 60 };
  seen.lease_oldest_tag = await tasks('lease', { ...many, groupByTag: true });
  seen.lease_tag = await tasks('lease', { ...many, groupByTag: true, tag: 'blue' });
  seen.lease = await tasks('lease', { ...many, numTasks: 1 });
  seen.empty_lease = await tasks('lease', { ...many, numTasks: 1 });

  const a = short(seen.lease_oldest_tag.items[0]);
  seen.update = await tasks('update', { task: 'a', newLeaseSeconds: 120, resource: a });
  seen.patch = await tasks('patch', { task: 'a', newLeaseSeconds: 180, resource: short({}) });
  const b = short(seen.lease_tag.items[0]);
  seen.release = await tasks('update', { task: 'b', newLeaseSeconds: 0, resource: b });
  seen.lease_again = await tasks('lease', many);
  seen.queue = await call('taskqueues', 'get', { ...there, getStats: true });

  seen.unknown_get = await refusal(tasks('get', { task: 'never' }));
  seen.unknown_delete = await refusal(tasks('delete', { task: 'never' }));
  seen.duplicate = await refusal(insert({ id: 'a', payloadBase64: '' }));
  const lost = short(seen.lease.items[0]);
  lost.leaseTimestamp = String(BigInt(lost.leaseTimestamp) - 1n);
  seen.lost_lease = await refusal(
    tasks('update', { task: 'd', newLeaseSeconds: 9, resource: lost })
  );
  seen.bad_payload = await refusal(insert({ payloadBase64: 'not base64!' }));
  seen.tag_alone = await refusal(tasks('lease', { ...many, tag: 'red' }));

  seen.delete = 0;
  for (const task of ['a', 'b', 'c', 'd']) {
    const answer = await tasks('delete', { task });
    seen.delete += answer === undefined || answer === '' ? 1 : 0;
  }
  seen.tombstone = await refusal(insert({ id: 'a', payloadBase64: '' }));
  seen.end = await tasks('list', {});
  return seen;
}

async function refusal(promise) {
  try {
    return { 'not refused': await promise };
  } catch (error) {
    const told = error.errors || error.response.data.error.errors;
    return { status: Number(error.code), reason: told[0].reason, message: told[0].message };
  }
}

function encoded(text) {
  return Buffer.from(text, 'utf8').toString('base64').replace(/\+/g, '-').replace(/\//g, '_');
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
