import { expect, it } from 'vitest'
import { routes } from './routes.ts'

it('tells where the description and the documentation are (RFC 9727)', async () => {
  const answer = await routes.request('https://api.example.com/.well-known/api-catalog')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"',
  ])
  expect(await answer.json()).toEqual({
    linkset: [
      {
        anchor: 'https://api.example.com',
        'service-desc': [{ href: 'https://api.example.com/openapi.json', type: 'application/json' }],
        'service-doc': [{ href: 'https://api.example.com/docs', type: 'text/html' }],
      },
    ],
  })
})
