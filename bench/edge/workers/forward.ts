/**
 * Worker that only forwards: sends each request to the origin, and its answer back, unchanged. It is the base of the
 * ratios for requests that go through.
 */
interface Bindings {
  readonly ORIGIN: string
}

export default {
  fetch(request: Request, { ORIGIN }: Bindings): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    return fetch(ORIGIN + pathname + search, request)
  },
}
