import { Hono } from 'hono'
import { place } from './place.ts'

/** Routing by hono, and nothing else. */
const app = new Hono()
app.get('/v2/places/:id', (context) => context.body(place, 200, { 'content-type': 'application/json' }))

export default app
