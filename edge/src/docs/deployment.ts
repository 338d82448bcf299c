import type { DocumentedDeployment } from '@spillway/origin/contract'
import type { Config } from '../config.ts'

/** Facts for the OpenAPI document that only the edge's configuration knows. */
export const documentedDeployment = ({ issuers, publicUrl }: Config): DocumentedDeployment => ({
  ...(publicUrl !== undefined && { servers: [publicUrl] }),
  issuers: issuers.map(({ issuer, login }) => ({
    issuer,
    ...(login !== undefined && {
      flow: { authorizationUrl: login.authorizationUrl, tokenUrl: login.tokenUrl },
    }),
  })),
})
