"""Batches as the code of three clients writes them, but for names and line ends (API.md 13.21).

Each inserts a task ``new``, gets one that never was, and deletes ``old``. To be formatted with
the server's ``url``, the path of the queue's ``tasks``, and a ``payload``.
"""

JAVA = """\
--__END_OF_PART__
Content-Length: 255
Content-Type: application/http
content-id: 1
content-transfer-encoding: binary

POST {url}{tasks} HTTP/1.1
accept-encoding: gzip
content-type: application/json; charset=UTF-8
content-length: 58

{{"id":"new","queueName":"q1","payloadBase64":"{payload}"}}
--__END_OF_PART__
Content-Length: 120
Content-Type: application/http
content-id: 2
content-transfer-encoding: binary

GET {url}{tasks}/none HTTP/1.1
accept-encoding: gzip


--__END_OF_PART__
Content-Length: 120
Content-Type: application/http
content-id: 3
content-transfer-encoding: binary

DELETE {url}{tasks}/old HTTP/1.1
accept-encoding: gzip


--__END_OF_PART__--
"""

PHP = """\
--1872396104
Content-Type: application/http
Content-Transfer-Encoding: binary
MIME-Version: 1.0
Content-ID: i0

POST {tasks} HTTP/1.1
content-type: application/json

{{"id":"new","queueName":"q1","payloadBase64":"{payload}"}}

--1872396104
Content-Type: application/http
Content-Transfer-Encoding: binary
MIME-Version: 1.0
Content-ID: i1

GET {tasks}/none HTTP/1.1


--1872396104
Content-Type: application/http
Content-Transfer-Encoding: binary
MIME-Version: 1.0
Content-ID: i2

DELETE {tasks}/old HTTP/1.1


--1872396104--"""

RUBY = """\
--RubyApiBatchRequest
Content-Length: 281
Content-Type: application/http
Content-ID: <0f6ad1c0-57e2-4c02-9b0e-1ad7a1d3d8d7+0>
Content-Transfer-Encoding: binary

POST {tasks}? HTTP/1.1
Content-Type: application/json
Host: www.googleapis.com

{{"id":"new","queueName":"q1","payloadBase64":"{payload}"}}

--RubyApiBatchRequest
Content-Length: 120
Content-Type: application/http
Content-ID: <0f6ad1c0-57e2-4c02-9b0e-1ad7a1d3d8d7+1>
Content-Transfer-Encoding: binary

GET {tasks}/none? HTTP/1.1
Host: www.googleapis.com


--RubyApiBatchRequest
Content-Length: 120
Content-Type: application/http
Content-ID: <0f6ad1c0-57e2-4c02-9b0e-1ad7a1d3d8d7+2>
Content-Transfer-Encoding: binary

DELETE {tasks}/old? HTTP/1.1
Host: www.googleapis.com


--RubyApiBatchRequest--

"""
