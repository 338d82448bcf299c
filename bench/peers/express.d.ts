/** Types of Express 5, as far as the peer uses it; the package has none. */
declare module 'express' {
  import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'

  interface Request extends IncomingMessage {
    readonly params: Readonly<Record<string, string>>
    readonly query: Readonly<Record<string, string | undefined>>
    readonly body: unknown
  }

  interface Response extends ServerResponse {
    /** Values that one handler passes to the next. */
    readonly locals: Record<string, unknown>
    status(code: number): Response
    set(headers: Readonly<Record<string, string>>): Response
    json(body: unknown): Response
  }

  type Handler = (request: Request, response: Response) => unknown
  type ErrorHandler = (error: unknown, request: Request, response: Response, next: () => void) => unknown

  type Middleware = (request: Request, response: Response, next: () => void) => unknown

  interface Application {
    disable(setting: string): void
    use(handler: RequestListener | ErrorHandler | Middleware): void
    get(path: string, handler: Handler): void
    post(path: string, handler: Handler): void
    patch(path: string, handler: Handler): void
    listen(port: number, host: string, onListening: () => void): Server
  }

  interface Express {
    (): Application
    json(options: { readonly type: readonly string[] }): RequestListener
  }

  const express: Express
  export default express
  export type { ErrorHandler, Middleware }
}
