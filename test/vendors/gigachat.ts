import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token and its end under other names, where the settings name them',
    source: 'https://developers.sber.ru/docs/en/gigachat/api/authorization',
    status: 200,
    headers: { date: 'Tue, 19 Sep 2023 12:25:18 GMT' },
    body: { tok: 'not-a-real-gigachat-token', exp: 1_695_128_118 },
    responseFields: { access_token: 'tok', expires_at: 'exp' },
    token: { lifetime: 1_800, scopes: '', anomalies: ['token_type_assumed'] },
  },
];
