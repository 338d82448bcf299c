/** The limit of what goes through: passes each request on to the origin as it came, and the answer back. */
interface Bindings {
  readonly ORIGIN: string
}

export default {
  fetch(request: Request, { ORIGIN }: Bindings): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    return fetch(ORIGIN + pathname + search, request)
  },
}
