/** Completes what bash thinks is a word: of `--set size=3` it thinks that "size", "=" and "3" are three. */
const bash = `# cidermill's completion for bash: source <(cidermill completion bash)
_cidermill() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current prefix
  read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=('')
  current="\${words[-1]}"
  prefix="\${current%"\${current##*[=:]}"}"
  mapfile -t COMPREPLY < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  [[ "\${COMPREPLY[0]}" == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _cidermill cidermill
`;

const zsh = `#compdef cidermill
# cidermill's completion for zsh: source <(cidermill completion zsh), after compinit
_cidermill() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} == 0 )); then
    _files
  else
    compadd -S '' -- "\${(@M)found:#*=}"
    compadd -- "\${(@)found:#*=}"
  fi
}
compdef _cidermill cidermill
`;

const fish = `# cidermill's completion for fish: cidermill completion fish | source
function __cidermill_complete
    set -l words (commandline -opc)
    command $words[1] complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c cidermill -a '(__cidermill_complete)'
`;

/** What each shell reads to complete command lines of cidermill; all of them ask \`cidermill complete\`. */
export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish };
