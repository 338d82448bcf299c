import { expect, it } from 'vitest'
import { newSecret, signedHeaders } from './signature.ts'

it('signs the example of the specification', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1_614_265_330,
    body: '{"test": 2432232314}',
  }
  expect(signedHeaders(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

it('signs with each secret, and makes secrets of 32 bytes', () => {
  const secrets = [newSecret(), newSecret()]
  const signature = signedHeaders({ id: 'a', timestamp: 1, body: '' }, secrets)['webhook-signature'] ?? ''
  expect(signature).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/)
  expect(Buffer.from((secrets[0] ?? '').replace('whsec_', ''), 'base64')).toHaveLength(32)
})
