import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'nginx: no upstream',
    source: 'https://nginx.org/en/docs/http/ngx_http_upstream_module.html',
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><head><title>502 Bad Gateway</title></head></html>',
    failure: { reason: 'unavailable' },
  },
  {
    title: 'Kubernetes ingress: no service behind the path',
    source: 'https://kubernetes.github.io/ingress-nginx/user-guide/default-backend/',
    status: 404,
    headers: { 'content-type': 'text/plain' },
    body: 'default backend - 404',
    failure: { reason: 'unavailable' },
  },
  {
    title: 'Cloudflare: a challenge page',
    source:
      'https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/',
    status: 403,
    headers: { 'content-type': 'text/html; charset=UTF-8', 'cf-mitigated': 'challenge' },
    body: '<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>',
    failure: { reason: 'client_refused' },
  },
  {
    title: 'a captive portal with status 200',
    source: 'https://www.rfc-editor.org/rfc/rfc8952',
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html><body>Log in to the network</body></html>',
    failure: { reason: 'malformed' },
  },
  {
    title: 'a proxy that wants a log-in',
    source: 'https://www.rfc-editor.org/rfc/rfc9110#section-15.5.8',
    status: 407,
    headers: { 'proxy-authenticate': 'Basic realm="proxy"' },
    body: '',
    failure: { reason: 'wrong_endpoint' },
  },
];
