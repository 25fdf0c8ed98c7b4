# bash completion for offramp; printed by `offramp completion bash`
_offramp() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"
  local words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="demo up down status top drain node gateway bench plan simulate generate-scenario reproduce inspect split exits profile completion version --help -h --version"
  else
    case "${COMP_WORDS[1]} $before" in
      'up --log-level') words="trace debug info warn error" ;;
      'up --log-format') words="text json" ;;
      'node --log-level') words="trace debug info warn error" ;;
      'node --log-format') words="text json" ;;
      'gateway --log-level') words="trace debug info warn error" ;;
      'gateway --log-format') words="text json" ;;
      'bench --arrivals') words="poisson even" ;;
      'generate-scenario --law') words="exponential deterministic" ;;
      'reproduce --model') words="resnet-101 bert-large" ;;
      'reproduce --only') words="rate time heterogeneity weight coupling convergence ingredients" ;;
      'split --carry') words="fp16 int8" ;;
      'split --data-format') words="npz npy idx csv images text" ;;
      'split --layout') words="auto nchw nhwc" ;;
      'split --colour') words="auto gray rgb" ;;
      'exits --data-format') words="npz npy idx csv images text" ;;
      'exits --layout') words="auto nchw nhwc" ;;
      'exits --colour') words="auto gray rgb" ;;
      'exits --pool') words="auto mean first grid" ;;
      'profile --data-format') words="npz npy idx csv images text" ;;
      'profile --layout') words="auto nchw nhwc" ;;
      'profile --colour') words="auto gray rgb" ;;
      'profile --calibrate') words="yes no" ;;
      'profile --timing') words="yes no" ;;
      *) case "${COMP_WORDS[1]}" in
        demo) words="--help -h --policies --thresholds --seconds -s --rate -r --seed --data --report --records" ;;
        up) words="--help -h --detach -d --json --policy --thresholds --insecure --timeout --log-level --log-format" ;;
        down) words="--help -h --timeout" ;;
        status) words="--help -h --json --watch -w --wide --interval --timeout" ;;
        top) words="--help -h --interval" ;;
        drain) words="--help -h" ;;
        node) words="--help -h --name --insecure --log-level --log-format" ;;
        gateway) words="--help -h --name --insecure --log-level --log-format" ;;
        bench) words="--help -h --target --model --rate -r --seconds -s --steps --trace --arrivals --outstanding --rows --deadline --warmup --no-early-exit --seed --data --json --records" ;;
        plan) words="--help -h --policy --rounds --seed --thresholds --accuracy-weight --min-accuracy --max-mean-delay --restarts --held-out --no-certificate --json --what-if --history --html --all-parts --live --status --place --model --output -o --bundle --stages-max --shape" ;;
        simulate) words="--help -h --policy --seconds -s --tasks --warmup --seed --seeds --sweep --thresholds --accuracy-weight --min-accuracy --max-mean-delay --admission --without --threads --json --csv --html" ;;
        generate-scenario) words="--help -h --seed --devices --nodes --stages --exits --heterogeneity --load --degree --law --rows --rate --accuracy-weight --force -f" ;;
        reproduce) words="--help -h --quick --seeds --seconds --model --only --profile --html --write-scenario --threads" ;;
        inspect) words="--help -h --shape --all --measure --html --json" ;;
        split) words="--help -h --output -o --stages --cut --balance --max-memory --max-bytes --name --shape --carry --data --labels --data-format --label-column --text-column --resize --scale --mean --std --layout --colour --tolerance --seed --json" ;;
        exits) words="--help -h --data --labels --data-format --label-column --text-column --resize --scale --mean --std --layout --colour --after --hidden --pool --held-out --max-rows --seed --threads --replace --output -o --json" ;;
        profile) words="--help -h --data --labels --data-format --label-column --text-column --resize --scale --mean --std --layout --colour --rows --batches --calibrate --timing --threads --seed --output -o --html --json" ;;
        completion) words="bash zsh fish --help -h" ;;
        version) words="--help -h --json" ;;
      esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _offramp offramp
