import { Hono } from 'hono'
import { proxy } from 'hono/proxy'
import { type Bindings, checkToken } from './check-token.ts'

/** Gateway of a competent user: hono checks the token of each request with jose, and passes it on with its own helper. */
const app = new Hono<{ Bindings: Bindings & { readonly ORIGIN: string } }>()

app.use(checkToken)
app.all('*', (context) => {
  const { pathname, search } = new URL(context.req.url)
  return proxy(context.env.ORIGIN + pathname + search, context.req)
})

export default app
