/** As far as this page uses it; the package has no types of its own. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export default function SwaggerUI(options: {
    domNode: HTMLElement | null;
    url: string;
    validatorUrl: string | null;
    defaultModelsExpandDepth: number;
    plugins: (() => object)[];
    requestInterceptor: (request: { method?: string; headers: Record<string, string> }) => object;
  }): void;
}
