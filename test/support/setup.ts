import 'reflect-metadata';

// Debian keeps servers such as nginx where the PATH of its users does not look.
process.env['PATH'] = `${process.env['PATH']}:/usr/sbin:/sbin`;
