import type { DocumentedDeployment } from '@spillway/origin/contract'

/** An issuer with known endpoints: the document lists scopes only for such issuers. */
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
