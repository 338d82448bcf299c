import type { DocumentedDeployment } from '@spillway/origin/contract'

/** An issuer whose endpoints are known, with which scopes are listed. */
export const documentedDeployment: DocumentedDeployment = {
  issuers: [
    {
      issuer: 'https://login.example.com/',
      flow: {
        authorizationUrl: 'https://login.example.com/authorize',
        tokenUrl: 'https://login.example.com/token',
      },
    },
  ],
}
