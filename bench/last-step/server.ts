/** Program: answers each request with 2 KB, over TLS if it gets a certificate and its key, and reports its CPU time. */
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { portOf } from '@spillway/origin/dev/ports'

const [certificateFile, keyFile] = process.argv.slice(2)
const body = JSON.stringify({ text: 'x'.repeat(2_000) })
const answer: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(body)
const server =
  certificateFile === undefined || keyFile === undefined
    ? createHttpServer(answer)
    : createHttpsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, answer)
server.listen(0, '127.0.0.1', () => process.send?.(portOf(server)))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})
