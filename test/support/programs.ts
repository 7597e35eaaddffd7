import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** A program, or a file or folder by its absolute path, and the Debian package that has it. */
export interface Program {
  name: string;
  package: string;
}

/** Debian's own Python: another one on the PATH does not have its modules. */
export const python = '/usr/bin/python3';

/** Where Debian keeps the sources of Go packages. */
export const goPath = '/usr/share/gocode';

const pythonModules = '/usr/lib/python3/dist-packages';

/** What the tests and the bench start besides Node.js. */
const programs: readonly Program[] = [
  { name: 'redis-server', package: 'redis-server' },
  { name: 'redis-sentinel', package: 'redis-sentinel' },
  { name: 'nginx', package: 'nginx-light' },
  { name: 'squid', package: 'squid' },
  { name: 'tinyproxy', package: 'tinyproxy-bin' },
  { name: 'chromium', package: 'chromium' },
  { name: 'prometheus', package: 'prometheus' },
  { name: 'promtool', package: 'prometheus' },
  { name: 'caddy', package: 'caddy' },
  { name: 'haproxy', package: 'haproxy' },
  { name: 'apache2', package: 'apache2-bin' },
  { name: '/usr/share/doc/ruby-oauth2', package: 'ruby-oauth2' },
  { name: 'kubectl', package: 'kubernetes-client' },
  { name: 'docker-compose', package: 'docker-compose' },
  { name: 'git', package: 'git' },
  { name: 'curl', package: 'curl' },
  { name: 'wget', package: 'wget' },
  { name: 'jq', package: 'jq' },
  { name: 'openssl', package: 'openssl' },
  { name: 'script', package: 'bsdutils' },
  { name: 'unshare', package: 'util-linux' },
  { name: 'ip', package: 'iproute2' },
  { name: 'faketime', package: 'faketime' },
  { name: 'wrk', package: 'wrk' },
  { name: 'go', package: 'golang-go' },
  { name: `${goPath}/src/golang.org/x/oauth2/clientcredentials`, package: 'golang-golang-x-oauth2-dev' },
  { name: 'java', package: 'default-jdk-headless' },
  { name: 'javac', package: 'default-jdk-headless' },
  { name: python, package: 'python3' },
  { name: `${pythonModules}/requests`, package: 'python3-requests' },
  { name: `${pythonModules}/requests_oauthlib`, package: 'python3-requests-oauthlib' },
  { name: `${pythonModules}/authlib`, package: 'python3-authlib' },
  { name: `${pythonModules}/httpx`, package: 'python3-httpx' },
];

/** Docker Compose is a plugin of docker, or else a program of its own. */
export function composeCommand(): [program: string, ...args: string[]] {
  const hasPlugin = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
  return hasPlugin ? ['docker', 'compose'] : ['docker-compose'];
}

export function missingPrograms(): Program[] {
  return programs.filter(({ name }) => !isInstalled(name));
}

function isInstalled(name: string): boolean {
  if (isAbsolute(name)) return existsSync(name);
  if (name === 'docker-compose' && composeCommand()[0] === 'docker') return true;
  // Debian keeps servers such as nginx where the PATH of its users does not look.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, name)));
}
