import { defineConfig } from '@hey-api/openapi-ts';

/** The types of the REST API, made from the documents that the services' tests check in. */
const typesOf = (service: string) => ({
  input: `../proto-contracts/openapi/${service}.json`,
  output: `src/client/${service}`,
  plugins: ['@hey-api/typescript' as const],
});

export default defineConfig([typesOf('accounts'), typesOf('tracker')]);
