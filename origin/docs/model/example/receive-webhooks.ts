import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import type { WebhookMessage } from '@spillway/origin/client'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

type Message = WebhookMessage<'parcels'>

/**
 * Receives what happens to parcels.
 *
 * @param secret `whsec_…`, as it was shown once
 * @param take must do nothing for an id that it has seen: store the id together with what it does
 */
export function receiveWebhooks(
  secret: string,
  take: (message: Message, id: string) => Promise<void>,
): Server {
  const webhook = new Webhook(secret)
  return createServer(async (request, response) => {
    const answer = (status: number) => void response.writeHead(status, { connection: 'close' }).end()
    const { 'webhook-id': id, 'content-length': length } = request.headers
    if (!(Number(length) <= 65_536)) return answer(413)
    try {
      // The bytes that were signed: a body that is parsed and written again may differ.
      const body = await text(request)
      const headers = request.headers as Record<string, string>
      // Throws for a wrong signature, and for a timestamp that is five minutes old. The cast: the sender is authentic now.
      const message = webhook.verify(body, headers) as Message
      await take(message, String(id))
      answer(204)
    } catch (error) {
      // After any answer but 2xx the same message comes again, for three days.
      answer(error instanceof WebhookVerificationError ? 401 : 500)
    }
  })
}
