import { type Request, Response } from 'miniflare'

/** Documents by URL, as issuers on the internet publish them; a test may change them at any time. */
export class PublishedIssuers {
  readonly #documents = new Map<string, unknown>()
  readonly #requests: string[] = []

  publish(url: string, document: unknown): void {
    this.#documents.set(url, document)
  }

  /** Requests of the URL so far. */
  requestsOf(url: string): number {
    return this.#requests.filter((requested) => requested === url).length
  }

  /** Answers requests of the published URLs, lets those to this machine through, and knows no other. */
  readonly answer = async (request: Request): Promise<Response> => {
    const { url, method, headers } = request
    if (new URL(url).hostname === '127.0.0.1') {
      const answer = await fetch(url, { method, headers: [...headers] as [string, string][] })
      return new Response(await answer.text(), { status: answer.status, headers: [...answer.headers] })
    }
    this.#requests.push(url)
    const document = this.#documents.get(url)
    return document === undefined ? new Response('', { status: 404 }) : Response.json(document)
  }
}
