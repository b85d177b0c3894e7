// The processor time of a group of processes: on a loaded machine, clocks on the wall say nothing about a hang.

import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second here, whatever its own clock does. */
const TICK = 10;
const FIELDS_BEFORE = 3;
const GROUP = 5;
const USER = 14;
const SYSTEM = 15;

/** Milliseconds that the running processes of a group have computed; undefined where the system has no /proc. */
export function groupProcessorTime(group: number): number | undefined {
  try {
    const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return ids.reduce((sum, id) => sum + ownTime(id, group), 0);
  } catch {
    return undefined;
  }
}

function ownTime(id: string, group: number): number {
  try {
    return processorTime(readFileSync(`/proc/${id}/stat`, 'utf8'), group);
  } catch {
    // It has ended.
    return 0;
  }
}

/** Reads a line of /proc/ID/stat: milliseconds, and 0 where the process is of another group. See proc_pid_stat(5). */
export function processorTime(stat: string, group: number): number {
  // The name, the second field, may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - FIELDS_BEFORE]);
  return field(GROUP) === group ? TICK * (field(USER) + field(SYSTEM)) : 0;
}
