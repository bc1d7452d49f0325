#!/usr/bin/env bash
# Bundles and deploys the functions, one after another, and creates the jobs that config/schedules.json lists.
# deploy/plan.py works out what there is to do, from the project's files, the environment and Terraform's outputs;
# this script does it with gcloud. It can be run again at any time. Bash 3.2, the version on macOS, is enough.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

readonly RUNTIME=python313
# Cloud Scheduler jobs have no labels, so the start of their description tells ours from others.
readonly MARK='mixpanel-data: calls'
readonly SEPARATOR=$'\037'
readonly NEWLINE=$'\n'

action=deploy only='' region='' last=3
is_dry_run='' is_confirmed='' is_without_terraform='' is_signed_out=''
work='' child='' step='' done_steps='' python='' uris=''
plan_arguments=()
project='' dataset='' location='' repository='' builds_account='' scheduler_account='' tables=''

main() {
    # Progress goes to this descriptor, so that a function can report it from within a command substitution.
    exec 3>&1
    if [[ ${1:-} == setup ]]; then
        set_up "${@:2}"
    fi
    read_arguments "$@"
    trap 'finish $?' EXIT
    trap 'ignore_signals; finish 129' HUP
    trap 'ignore_signals; finish 130' INT
    trap 'ignore_signals; finish 141' PIPE
    trap 'ignore_signals; finish 143' TERM
    # gcloud would write a function's variables, plain secrets among them, into its own log files.
    export CLOUDSDK_CORE_DISABLE_FILE_LOGGING=true
    work=$(mktemp -d)
    check_programs
    check_account
    read_terraform
    read_plan
    case $action in
        deploy) deploy_all ;;
        delete) delete_all ;;
        status) show_status ;;
    esac
    step=''
}

usage() {
    cat <<'TEXT'
usage: ./deploy.sh setup [--yes] [--dry-run] [...]
       ./deploy.sh [--dry-run] [--only NAME] [--region REGION] [--without-terraform]
       ./deploy.sh --delete [--yes] [--dry-run] [--only NAME] [--region REGION] [--without-terraform]
       ./deploy.sh status [--last N] [--without-terraform]

The first leads from an empty project to a test alert, and asks for what it needs; ./deploy.sh setup --help has more.

Deploys every function of functions/ to Google Cloud, and creates the Cloud Scheduler jobs that config/schedules.json
lists. It deletes a job that it created before and that the file no longer lists.

  --dry-run   print every command, and change nothing
  --only      only this function and its scheduler jobs
  --region    deploy to this region instead of GCP_REGION; without both, to us-central1
  --delete    delete functions and scheduler jobs, after asking; tables, secrets and accounts stay
  --yes       do not ask
  status      show the newest runs of each job, from the table job_runs
  --last      how many runs of each job to show (3)
  --without-terraform
              ignore what Terraform made, even if infra/ was set up with it: use the names that Terraform would give,
              and let runs create the tables

Settings come from the environment and, for variables that it does not set, from .env. docs/variables.md lists them.
TEXT
}

read_arguments() {
    while [[ $# -gt 0 ]]; do
        case $1 in
            --*=*)
                set -- "${1%%=*}" "${1#*=}" "${@:2}"
                continue
                ;;
            --only | --region | --last)
                [[ -n ${2:-} ]] || refuse "$1 needs a value."
                case $1 in
                    --only) only=$2 ;;
                    --region) region=$2 ;;
                    --last) last=$2 ;;
                esac
                shift
                ;;
            --dry-run) is_dry_run=1 ;;
            --yes) is_confirmed=1 ;;
            --without-terraform) is_without_terraform=1 ;;
            --delete | status)
                [[ $action == deploy || $action == "${1#--}" ]] || refuse "status and --delete cannot be combined."
                action=${1#--}
                ;;
            -h | --help)
                usage
                exit 0
                ;;
            *) refuse "$1 is not an option. ./deploy.sh --help lists the options." ;;
        esac
        shift
    done
    [[ $last =~ ^[1-9][0-9]{0,3}$ ]] || refuse "--last is ${last}. Give a number from 1 to 9999."
}

# Becomes the setup, which calls this script for the deployment itself.
set_up() {
    find_python || refuse "Python 3.11 or later is missing. Install it as python3, and run this again."
    PYTHONPATH=shared exec "$python" -B -m deploy.setup "$@"
}

# --- Requirements.

check_programs() {
    local program=gcloud missing=''
    [[ $action != status ]] || program=bq
    command -v "$program" >/dev/null ||
        missing="$program is missing. Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install$NEWLINE"
    find_python ||
        missing+="Python 3.11 or later is missing. Install it as python3.$NEWLINE"
    if [[ -n $missing ]]; then
        printf '%s' "$missing" >&2
        refuse "Install what is missing, and run this again."
    fi
}

find_python() {
    for python in .venv/bin/python python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

# Without a valid sign-in, each later command would fail for a reason of its own. A dry run goes on without looking.
check_account() {
    [[ $action != status ]] || return 0
    if ! gcloud auth print-access-token </dev/null >/dev/null 2>"$work/stderr"; then
        grep -q 'gcloud auth login' "$work/stderr" || cat "$work/stderr" >&2
        refuse_unless_dry "gcloud is not signed in, or its sign-in has expired: run gcloud auth login, then this again."
        is_signed_out=1
        note "gcloud is not signed in, or its sign-in has expired (run gcloud auth login)," \
            "so secrets and jobs cannot be looked at."
    fi
}

# Keeps Terraform's outputs, if there are any. Their absence counts only where infra/ was never set up: otherwise the
# functions would be deployed beside the resources that Terraform made, and would create tables of their own.
read_terraform() {
    [[ -z $is_without_terraform ]] || return 0
    if ! command -v terraform >/dev/null; then
        ! is_set_up || refuse "infra/ was set up with Terraform, but terraform is not on the PATH." \
            "Install it, or pass --without-terraform."
    elif ! terraform -chdir=infra output -json >"$work/outputs.json" 2>"$work/stderr"; then
        # Where infra/ was never set up this command succeeds, with no outputs.
        cat "$work/stderr" >&2
        refuse "Terraform's outputs cannot be read. Run terraform -chdir=infra init if you have not run it here," \
            "or pass --without-terraform."
    elif grep -q '"value"' "$work/outputs.json"; then
        plan_arguments+=(--outputs "$work/outputs.json")
    else
        ! is_set_up || refuse "Terraform has no outputs here. Select its workspace, run" \
            "terraform -chdir=infra apply, or pass --without-terraform."
    fi
}

is_set_up() {
    [[ -e infra/terraform.tfstate || -d infra/terraform.tfstate.d || -d infra/.terraform ]] ||
        grep -qsE '^[[:space:]]*"?(backend|cloud)"?[[:space:]]*["{:]' infra/*.tf infra/*.tf.json
}

# Has the plan written to files of records, which the functions below read.
read_plan() {
    [[ -z $only ]] || plan_arguments+=(--only "$only")
    [[ -z $region ]] || plan_arguments+=(--region "$region")
    make_plan "$work"
    IFS=$SEPARATOR read -r project region dataset location repository builds_account scheduler_account tables \
        <"$work/destination"
    say "Project $project, region $region, dataset $dataset in $location, tables: $tables"
}

make_plan() {
    PYTHONPATH=shared "$python" -B -m deploy.plan ${plan_arguments[@]+"${plan_arguments[@]}"} "$@"
}

# Stops at settings that the functions would refuse, before a deployment of minutes brings that to light.
check_settings() {
    local kind text are_wrong=''
    while IFS=$SEPARATOR read -r -u 4 kind text; do
        printf 'deploy.sh: %s: %s\n' "$kind" "$text" >&2
        [[ $kind == note ]] || are_wrong=1
    done 4<"$work/problems"
    [[ -z $are_wrong ]] || refuse_unless_dry "Nothing was deployed. Correct the errors, and run this again."
}

check_secrets() {
    local secret owner version are_missing=''
    while IFS=$SEPARATOR read -r -u 4 secret owner version; do
        is_enabled "$secret" "$owner" "$version" || are_missing=1
    done 4<"$work/secrets"
    [[ -z $are_missing ]] || refuse_unless_dry "Nothing was deployed. Add the versions, and run this again."
}

# Whether the function can read the version that it is bound to; `latest` is the newest one, enabled or not. One that a
# dry run cannot look at is not said to be missing.
is_enabled() {
    local state='' secret=$1 owner=$2 version=$3
    local command=(gcloud secrets versions describe "$version" "--secret=$secret" "--project=$owner")
    command+=('--format=value(state)')
    trace "${command[@]}"
    [[ -z $is_signed_out ]] || return 0
    if state=$("${command[@]}" </dev/null 2>"$work/stderr"); then
        [[ ! $state =~ ^[Ee][Nn][Aa][Bb][Ll][Ee][Dd]$ ]] || return 0
        printf 'Version %s of the secret %s is %s. ' "$version" "$secret" "$state" >&2
        printf 'Enable it unless it is destroyed, name another version, or ' >&2
    else
        if ! reports_not_found; then
            cat "$work/stderr" >&2
            refuse_unless_dry "The secret $secret cannot be read. Nothing was deployed."
            note "The secret $secret cannot be read, so this dry run does not check it."
            return 0
        fi
        printf 'The secret %s has no version %s. Name another version, or ' "$secret" "$version" >&2
    fi
    printf 'add one from standard input:\n' >&2
    printf '  gcloud secrets versions add %q --data-file=- --project=%q\n' "$secret" "$owner" >&2
    return 1
}

# --- Deploying.

deploy_all() {
    local name target memory timeout account secrets variables
    check_settings
    check_secrets
    while IFS=$SEPARATOR read -r -u 5 name target memory timeout account secrets variables; do
        deploy_function "$name" "$target" "$memory" "$timeout" "$account" "$secrets" "$variables"
        let_scheduler_call "$name"
        schedule "$name"
    done 5<"$work/functions"
    delete_leftover_jobs
    show_how_to_try
}

deploy_function() {
    local name=$1 target=$2 memory=$3 timeout=$4 account=$5 secrets=$6 variables=$7 secrets_flag=--clear-secrets
    begin "deploying $name"
    [[ -z $secrets ]] || secrets_flag="--set-secrets=$secrets"
    change "$python" -B deploy/bundle.py "$name"
    write_variables "$name" "$variables"
    change gcloud functions deploy "$name" --gen2 "--project=$project" "--region=$region" "--runtime=$RUNTIME" \
        "--source=build/$name" "--entry-point=$target" --trigger-http --no-allow-unauthenticated \
        "--service-account=$account" "--build-service-account=projects/$project/serviceAccounts/$builds_account" \
        "--docker-repository=$repository" "--memory=$memory" "--timeout=${timeout}s" \
        --concurrency=1 --min-instances=0 --max-instances=1 --ingress-settings=all \
        "--env-vars-file=$work/variables.yaml" "$secrets_flag" --quiet --format=none
    rm -f "$work/variables.yaml"
    end
}

# Writes a function's variables to a file that only this user can read. It prints their names, which are not secret.
write_variables() {
    say "# variables.yaml sets $2"
    [[ -z $is_dry_run ]] || return 0
    (
        umask 077
        make_plan --environment "$1" >"$work/variables.yaml"
    )
}

let_scheduler_call() {
    begin "letting Cloud Scheduler call $1"
    change gcloud run services add-iam-policy-binding "$1" "--project=$project" "--region=$region" \
        "--member=serviceAccount:$scheduler_account" --role=roles/run.invoker --condition=None --quiet --format=none
    end
}

schedule() {
    local name=$1 uri job function cron zone deadline retries description body
    begin "creating the jobs that call $name"
    uri=$(read_uri "$name")
    uris+="$name$SEPARATOR$uri$NEWLINE"
    while IFS=$SEPARATOR read -r -u 6 job function cron zone deadline retries description body; do
        if [[ $function == "$name" ]]; then
            make_job "$job" "$name" "$uri" "$cron" "$zone" "$deadline" "$retries" "$description" "$body"
        fi
    done 6<"$work/schedules"
    end
}

# In a dry run, the function may not exist yet.
read_uri() {
    local uri=''
    local command=(gcloud functions describe "$1" --gen2 "--project=$project" "--region=$region")
    command+=('--format=value(serviceConfig.uri)')
    trace "${command[@]}"
    if [[ -n $is_dry_run ]]; then
        uri=$("${command[@]}" </dev/null 2>/dev/null) || true
        printf '%s' "${uri:-https://URI-OF-$1}"
    else
        uri=$("${command[@]}" </dev/null)
        [[ $uri == https://* ]] || refuse "gcloud gives ${uri:-nothing} as the URI of $1. Look at the function in the console."
        printf '%s' "$uri"
    fi
}

make_job() {
    local job=$1 name=$2 uri=$3 cron=$4 zone=$5 deadline=$6 retries=$7 description=$8 body=$9
    local verb=update headers=--update-headers
    local where=("--project=$project" "--location=$region")
    if ! is_job "$job"; then
        verb=create headers=--headers
    fi
    change gcloud scheduler jobs "$verb" http "$job" "${where[@]}" "--schedule=$cron" "--time-zone=$zone" \
        "--uri=$uri" --http-method=post "$headers=Content-Type=application/json" "--message-body=$body" \
        "--oidc-service-account-email=$scheduler_account" "--oidc-token-audience=$uri" \
        "--attempt-deadline=$deadline" "--max-retry-attempts=$retries" \
        "--description=$MARK $name, by config/schedules.json${description:+: $description}" --quiet --format=none
}

is_job() {
    local command=(gcloud scheduler jobs describe "$1" "--project=$project" "--location=$region")
    command+=('--format=value(name)')
    trace "${command[@]}"
    ! "${command[@]}" </dev/null >/dev/null 2>"$work/stderr" || return 0
    if [[ -s $work/stderr && -z $is_dry_run ]] && ! reports_not_found; then
        cat "$work/stderr" >&2
        refuse "The scheduler job $1 cannot be read."
    fi
    return 1
}

# Deletes the jobs that this script created and config/schedules.json no longer lists.
delete_leftover_jobs() {
    local job description ours="$MARK "
    local command=(gcloud scheduler jobs list "--project=$project" "--location=$region")
    command+=('--format=value(name.basename(),description)')
    [[ -z $only ]] || ours="$MARK $only,"
    begin "deleting jobs that config/schedules.json does not list"
    trace "${command[@]}"
    if [[ -n $is_signed_out ]]; then
        : >"$work/jobs"
    else
        "${command[@]}" </dev/null >"$work/jobs" || [[ -n $is_dry_run ]]
    fi
    while IFS=$'\t' read -r -u 6 job description; do
        if [[ $description == "$ours"* ]] && ! is_listed "$job"; then
            delete_job "$job"
        fi
    done 6<"$work/jobs"
    end
}

delete_job() {
    delete gcloud scheduler jobs delete "$1" "--project=$project" "--location=$region" --quiet
}

is_listed() {
    local job rest
    while IFS=$SEPARATOR read -r -u 7 job rest; do
        [[ $job != "$1" ]] || return 0
    done 7<"$work/schedules"
    return 1
}

show_how_to_try() {
    local name uri
    say 'To call them, you need roles/run.invoker, which owners and editors of the project have:'
    while IFS=$SEPARATOR read -r name uri; do
        if [[ -n $name ]]; then
            # shellcheck disable=SC2016  # The token is for the person who will run this line.
            printf 'curl -sS -H "Authorization: Bearer $(gcloud auth print-identity-token)" %q\n' "$uri" >&3
        fi
    done <<<"$uris"
}

# --- Deleting, and status.

delete_all() {
    local name function rest
    confirm "Delete ${only:-all functions} and the scheduler jobs that call them in project $project, region $region?"
    begin "deleting jobs"
    while IFS=$SEPARATOR read -r -u 5 name function rest; do
        [[ -n $only && $function != "$only" ]] || delete_job "$name"
    done 5<"$work/schedules"
    end
    delete_leftover_jobs
    while IFS=$SEPARATOR read -r -u 5 name rest; do
        begin "deleting $name"
        delete gcloud functions delete "$name" --gen2 "--project=$project" "--region=$region" --quiet
        end
    done 5<"$work/functions"
    say "Tables, secrets, accounts and the image repository stay; delete them with Terraform, or by hand."
}

confirm() {
    local answer=''
    [[ -z $is_dry_run && -z $is_confirmed ]] || return 0
    printf '%s [y/N] ' "$1" >&3
    read -r answer || true
    [[ $answer == [Yy] || $answer == [Yy][Ee][Ss] ]] || refuse "Nothing was deleted."
}

# Runs a command that deletes something; it is not a failure if that no longer exists.
delete() {
    if change "$@" 2>"$work/stderr"; then
        return 0
    fi
    if ! reports_not_found; then
        cat "$work/stderr" >&2
        return 1
    fi
    say "# It does not exist."
}

# Whether gcloud failed because the resource does not exist.
reports_not_found() {
    grep -qE '\) NOT_FOUND:|status=\[404\]' "$work/stderr"
}

# The statement comes from standard input, because bq would take the comment at its start for a flag.
show_status() {
    bq --headless "--project_id=$project" "--location=$location" "--dataset_id=$project:$dataset" query \
        --nouse_legacy_sql --format=pretty --max_rows=10000 "--parameter=last:INT64:$last" \
        <deploy/status.sql
}

# --- Running commands, and reporting them.

# Prints a command that changes something, and runs it unless this is a dry run.
change() {
    trace "$@"
    [[ -z $is_dry_run ]] || return 0
    # Bash runs a trap only after a foreground command has ended, but interrupts `wait`. In a process group of its own,
    # gcloud can be ended by `finish` with all its processes.
    set -m
    "$@" </dev/null &
    child=$!
    set +m
    local status=0
    wait "$child" || status=$?
    child=''
    return "$status"
}

trace() {
    printf '+' >&3
    printf ' %q' "$@" >&3
    printf '\n' >&3
}

say() {
    printf '%s\n' "$*" >&3
}

begin() {
    step=$1
    say "== $1"
}

end() {
    done_steps+="${done_steps:+$NEWLINE}  $step"
}

refuse() {
    printf 'deploy.sh: %s\n' "$*" >&2
    exit 1
}

note() {
    printf 'deploy.sh: note: %s\n' "$*" >&2
}

refuse_unless_dry() {
    [[ -n $is_dry_run ]] || refuse "$@"
}

ignore_signals() {
    trap '' HUP INT PIPE TERM
}

# Removes the temporary files, reports how far the script came, and exits. A signal before `ignore_signals` starts it
# anew, and the new call never returns. So whatever signals arrive, it runs from its first line to its last exactly once.
finish() {
    local status=$1
    ignore_signals
    trap - EXIT
    [[ -z $work ]] || rm -rf "$work"
    if [[ $status -ne 0 && -n $step ]]; then
        {
            printf 'deploy.sh: stopped while %s.\n' "$step"
            printf 'Done before that:\n%s\n' "${done_steps:-  nothing}"
            printf 'Fix the cause and run the same command again: it leaves what is done as it is.\n'
        } >&2
    fi
    trap 'ignore_signals; exit "$status"' HUP INT TERM
    if [[ -n $child ]] && kill -- "-$child" 2>/dev/null; then
        printf 'Waiting for gcloud to end; press Ctrl-C to stop waiting.\n' >&2
        wait "$child" 2>/dev/null || true
    fi
    exit "$status"
}

main "$@"
