// Why something was refused, in the language that is read: the server's reasons are English.

import { hasWords, t } from "./words.js";

const REASONS = [
  [/^is required$/, "is_required"],
  [/^must be a whole number$/, "not_whole"],
  [/^must be a number$/, "not_a_number"],
  [/^must be at least (?<low>.+)$/, "at_least"],
  [/^must be at most (?<high>.+)$/, "at_most"],
  [/^must have (?<low>\d+) to (?<high>\d+) characters$/, "length"],
  [/^takes (?<low>\d+) to (?<high>\d+), not (?<number>\d+)$/, "number_of"],
  [/^must be one of /, "one_of"],
  [/^the file is larger than (?<bytes>\d+) bytes$/, "over_limit"],
  [/^cannot be given here$/, "not_here"],
  [/^write something or choose a file$/, "write_something"],
  [/(message is gone|does not see that message any more)$/, "message_gone"],
  [/^there is no command /, "no_command"],
  [/^(?<person>.+) lacks (?<names>.+) in #(?<channel>.+)$/, "lacks"],
  [/^nobody reacts in an archived thread$/, "not_in_archive"],
  [/^there are twenty kinds of reactions$/, "too_many_reactions"],
  [/^the bot did not answer in time$/, "no_time"],
];

/** The reason as a sentence of the page; one that is not known stays English where that is read. */
export function reasonInWords(reason) {
  for (const [pattern, name] of REASONS) {
    const found = pattern.exec(reason);
    if (found) return t(name, values(found.groups ?? {}));
  }
  return t("not_possible", { reason });
}

function values(groups) {
  const megabytes = Math.floor(Number(groups.bytes) / 1024 ** 2);
  const names = (groups.names ?? "").split(", ").filter(Boolean);
  return { ...groups, megabytes, permissions: names.map(permission).join(t("permission_separator")) };
}

function permission(name) {
  const sentence = name.toLowerCase().replace(/ /g, "_");
  return hasWords(sentence) ? t(sentence) : name;
}
