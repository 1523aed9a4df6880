/** The page at `/api/docs/`: the contracts of the services, one below the other, and a way to try them. */
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';
import { csrfToken } from '../src/api/http';
import './docs.css';

/** The services in the order of the page; the names are ids of its sections and of the documents. */
const SERVICES = ['tracker', 'fanout', 'accounts'];

interface Tried {
  method?: string;
  headers: Record<string, string>;
}

/** The cookie of a sign-in goes along by itself; what changes something needs its token too. */
function withToken(request: Tried): Tried {
  const token = csrfToken();
  if (token && request.method && request.method !== 'GET') request.headers['X-CSRFToken'] = token;
  return request;
}

/** An answer that never ends cannot be shown here. */
const endlessIsNotTried = () => ({
  statePlugins: {
    spec: {
      wrapSelectors: {
        allowTryItOutFor:
          (original: (...path: string[]) => boolean) =>
          (_: unknown, ...path: string[]) =>
            path[0] !== '/api/stream/' && original(...path),
      },
    },
  },
});

// Their library's own switch for dark pages.
const { dataset, classList } = document.documentElement;
classList.toggle('dark-mode', dataset.theme === 'dark');

for (const service of SERVICES) {
  SwaggerUI({
    domNode: document.getElementById(service),
    url: `/api/docs/${service}.json`,
    // The library would send the document to a server of its makers for a check.
    validatorUrl: null,
    defaultModelsExpandDepth: 0,
    plugins: [endlessIsNotTried],
    requestInterceptor: withToken,
  });
}
