/** Program: one instance of the second design, plain Fastify with the driver and its pool. */
import fastify, { type FastifyRequest } from 'fastify'
import { MongoClient } from 'mongodb'
import { listeningLine } from '../peers/settings.ts'
import { type FunctionEvent, handle } from './api-function.ts'
import { type InstanceSettings, readSettings, subjectHeader } from './baseline-settings.ts'

const { databaseUri, databaseName, poolSize } = readSettings<InstanceSettings>()
const client = new MongoClient(databaseUri, {
  maxPoolSize: poolSize,
  serverMonitoringMode: 'poll',
  writeConcern: { w: 'majority' },
})
await client.connect()
const database = client.db(databaseName)

const app = fastify({ logger: false })
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
  done(null, body),
)

const eventOf = ({ method, url, headers, body }: FastifyRequest): FunctionEvent => ({
  method,
  path: url,
  headers: { 'if-match': headers['if-match'] },
  body: typeof body === 'string' ? body : '',
})

for (const [method, url] of [
  ['GET', '/v2/places/:id'],
  ['GET', '/v2/places'],
  ['POST', '/v2/places'],
  ['POST', '/v2/trips'],
] as const) {
  app.route({
    method,
    url,
    handler: async (request, reply) => {
      const subject = String(request.headers[subjectHeader] ?? '')
      const { status, headers = {}, body } = await handle(eventOf(request), database, subject)
      return reply.code(status).headers(headers).send(body)
    },
  })
}

const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
console.log(listeningLine(Number(url.port)))
process.once('SIGTERM', () => process.exit(0))
