import type { Application } from '../application.ts'
import { plansIn, type View, versionsOf, viewsOf } from '../catalogue.ts'
import { versionNumber } from '../definition.ts'
import { routesOf } from '../route.ts'
import { actionSchemas, describeAction } from './actions.ts'
import { changesSchemas } from './changes.ts'
import { collectionSchemas, countSchema } from './collections.ts'
import { commonParameters } from './common-parameters.ts'
import { commonHeaders } from './headers.ts'
import { historySchemas } from './history.ts'
import { introductionOf } from './introduction.ts'
import { type Json, ref } from './json.ts'
import { describeOperation } from './operation.ts'
import { problemResponses, problemSchemas } from './problems.ts'
import { describeQuery, querySchemas } from './queries.ts'
import { limited, withRateLimits } from './rate-limits.ts'
import { describeSchemas } from './schemas.ts'
import { type DocumentedIssuer, describeSecurity, type Security } from './security.ts'
import { usedComponents } from './used-components.ts'
import { describeWebhooks, webhookParameters, webhookSchemas } from './webhooks.ts'

/** Facts of one deployment of the application, for its document. */
export interface DocumentedDeployment {
  /** Base URLs of the API. @default the document's own host */
  readonly servers?: readonly string[]
  /** Issuers of the access tokens. @default not described */
  readonly issuers?: readonly DocumentedIssuer[]
}

/**
 * The OpenAPI 3.1 document of an application. It contains every answer that either tier can give, so that a contract
 * tester can tell a defect from intended behaviour.
 */
export function openApiDocument(
  application: Application,
  { servers = ['/'], issuers = [] }: DocumentedDeployment = {},
): Json {
  const { title, summary, contact, license, resources } = application
  // Newest version first, in which a reader's tool lists them, too.
  const views = viewsOf(resources).toSorted((a, b) => versionNumber(b.version) - versionNumber(a.version))
  const security = describeSecurity(resources, issuers)
  const hasPlans = plansIn(resources) !== undefined
  const paths = describePaths(views, security, hasPlans ? withRateLimits : (operation) => operation)
  const webhooks = describeWebhooks(resources)
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: versionsOf(resources).at(-1)?.slice(1) ?? '1',
      summary,
      description: introductionOf(application),
      ...(contact !== undefined && { contact }),
      ...(license !== undefined && { license }),
    },
    servers: servers.map((url) => ({ url, description: 'This deployment' })),
    tags: [...resources.values()].map(({ name, description }) => ({ name, description })),
    paths,
    ...(Object.keys(webhooks).length > 0 && { webhooks }),
    components: {
      ...usedComponents(
        { paths, webhooks },
        {
          schemas: {
            ...Object.fromEntries(views.flatMap(schemasOf)),
            ...{ Count: countSchema, ...problemSchemas, ...webhookSchemas },
          },
          responses: hasPlans ? limited(problemResponses) : problemResponses,
          parameters: { ...commonParameters, ...webhookParameters },
          headers: commonHeaders,
        },
      ),
      securitySchemes: security.schemes,
    },
  }
}

const schemasOf = (view: View): [string, Json][] => [
  ...describeSchemas(view),
  ...collectionSchemas(view),
  ...(view.resource.events === undefined ? [] : changesSchemas(view)),
  ...(view.resource.history === undefined ? [] : historySchemas(view)),
  ...routesOf(view).flatMap(({ action, query }) => [
    ...(action === undefined ? [] : actionSchemas(view, action)),
    ...(query === undefined ? [] : querySchemas(view, query)),
  ]),
]

function describePaths(
  views: readonly View[],
  security: Security,
  complete: (operation: Json) => Json,
): Record<string, Json> {
  const paths: Record<string, Json> = {}
  for (const view of views) {
    for (const { method, path, operation, action, query } of routesOf(view)) {
      const templated = path.replace(':id', '{id}')
      paths[templated] ??= templated.includes('{id}') ? { parameters: [ref('parameters', 'id')] } : {}
      Object.assign(paths[templated], {
        [method.toLowerCase()]: complete(
          query !== undefined
            ? describeQuery(view, query, security)
            : action === undefined
              ? describeOperation(view, operation, security)
              : describeAction(view, action, security),
        ),
      })
    }
  }
  return paths
}
