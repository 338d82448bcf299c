import type { Application } from '../contract/application.ts'
import { createResourceClient } from './resource-client.ts'
import { type ClientOptions, createSend } from './send.ts'
import type { Client } from './types.ts'

/**
 * Makes a client that is typed by an application, of which it imports the type alone:
 *
 *     import type { application } from './application/index.ts'
 *     const { v2 } = connect<typeof application>({ url: 'https://api.example.com', token: () => session.token })
 *     const { document } = await v2.places.read('2988507')
 */
export function connect<App extends Application>(options: ClientOptions): Client<App> {
  const send = createSend(options)
  const versions = members((version) =>
    members((resource) => createResourceClient(send, `/${version}/${resource}`)),
  )
  // The cast: the application's type says which members there are, each made when it is first asked for.
  return versions as Client<App>
}

/** An object whose members are made by their names. It is no promise, although somebody may await it. */
function members<Member>(make: (name: string) => Member): object {
  const made = new Map<string, Member>()
  return new Proxy(Object.freeze({}), {
    get(_target, name) {
      if (typeof name === 'symbol' || name === 'then') return undefined
      const member = made.get(name) ?? make(name)
      made.set(name, member)
      return member
    },
  })
}
