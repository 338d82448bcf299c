import { createServer, type Server } from 'node:http'
import { endServer, listenOnLoopback } from '@spillway/origin/dev/loopback-server'
import { portOf } from '@spillway/origin/dev/ports'

/**
 * The instance metadata service, version 2, which requires a token. Also serves the origin's `/readyz` and `/livez`.
 */
export class InstanceMetadata {
  targetState = 'InService'
  ready = true
  live = true
  /** Number of readiness checks. */
  readyChecks = 0
  liveChecks = 0
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<InstanceMetadata> {
    const server = createServer()
    const service = new InstanceMetadata(server)
    server.on('request', (request, response) => {
      const path = `${request.method} ${request.url}`
      if (path === 'PUT /latest/api/token') return response.end('token')
      if (path === 'GET /readyz') {
        service.readyChecks++
        return response.writeHead(service.ready ? 200 : 503).end()
      }
      if (path === 'GET /livez') {
        service.liveChecks++
        return response.writeHead(service.live ? 200 : 500).end()
      }
      if (request.headers['x-aws-ec2-metadata-token'] !== 'token') return response.writeHead(401).end()
      if (path === 'GET /latest/meta-data/instance-id') return response.end('i-0123')
      if (path === 'GET /latest/meta-data/autoscaling/target-lifecycle-state') {
        return response.end(service.targetState)
      }
      return response.writeHead(404).end()
    })
    await listenOnLoopback(server)
    return service
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`
  }

  close(): Promise<void> {
    return endServer(this.#server)
  }
}
