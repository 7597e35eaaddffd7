import { ListenForm } from '../schema/listen-form.js';
import type { SettingsForm } from '../schema/settings-form.js';
import type { Place } from '../place.js';
import type { ListenSettings } from '../settings.js';

const anyAddress = new Set(['0.0.0.0', '::']);

export function resolveListen(
  { listen, management }: SettingsForm,
  root: Place,
): { listen: ListenSettings; management: ListenSettings } {
  if (root.cleanAt('listen', 'management') && collide(listen, management)) {
    root.key('management').fault('must not be the same host and port as `listen`');
  }
  return {
    listen: resolved(listen, root.key('listen')),
    management: resolved(management, root.key('management')),
  };
}

function collide(one: ListenForm, other: ListenForm): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  const hosts = [one.host.toLowerCase(), other.host.toLowerCase()];
  return hosts[0] === hosts[1] || hosts.some((host) => anyAddress.has(host));
}

function resolved(form: ListenForm, place: Place): ListenSettings {
  const { host, port } = place.clean ? form : new ListenForm();
  return Object.freeze({ host, port });
}
