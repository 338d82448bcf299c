import { Hono } from 'hono'
import { type Bindings, checkToken } from './check-token.ts'
import { place } from './place.ts'

/** Worker of a competent user: hono, and jose to check the token of each request. */
const app = new Hono<{ Bindings: Bindings }>()

app.use(checkToken)
app.get('/v2/places/:id', (context) => context.body(place, 200, { 'content-type': 'application/json' }))

export default app
