#!/usr/bin/env bash
# Bundles and deploys the functions, one after another, and makes the schedule of config/schedules.json.
# What is to be done is read by deploy/plan.py, from the project's files, the environment and Terraform's outputs;
# here it is done with gcloud. May be run again at any time. Bash 3.2, which macOS has, is enough.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

readonly RUNTIME=python312
# Jobs of Cloud Scheduler carry no labels: what their description begins with tells ours from others.
readonly MARK='mixpanel-data: calls'
readonly SEPARATOR=$'\037'
readonly NEWLINE=$'\n'

action=deploy only='' region='' last=3
is_dry_run='' is_confirmed='' is_without_terraform=''
work='' child='' step='' done_steps='' python='' uris=''
plan_arguments=()
project='' dataset='' location='' repository='' builds_account='' scheduler_account='' tables=''

main() {
    # What is said goes there, from within a substitution too.
    exec 3>&1
    read_arguments "$@"
    trap 'finish $?' EXIT
    trap 'ignore_signals; finish 129' HUP
    trap 'ignore_signals; finish 130' INT
    trap 'ignore_signals; finish 141' PIPE
    trap 'ignore_signals; finish 143' TERM
    # It would write the variables of a function, secrets among them, into a log of its own.
    export CLOUDSDK_CORE_DISABLE_FILE_LOGGING=true
    work=$(mktemp -d)
    check_programs
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
usage: ./deploy.sh [--dry-run] [--only NAME] [--region REGION] [--without-terraform]
       ./deploy.sh --delete [--yes] [--dry-run] [--only NAME] [--region REGION] [--without-terraform]
       ./deploy.sh status [--last N] [--without-terraform]

Deploys the functions that infra/functions.json lists to Google Cloud, and makes the jobs of Cloud Scheduler that
config/schedules.json lists; a job of ours that is listed no longer is deleted.

  --dry-run   print every command, and change nothing
  --only      this function and its jobs alone
  --region    where to, in place of GCP_REGION; us-central1 without both
  --delete    delete functions and jobs, after a question; tables, secrets and accounts stay
  --yes       do not ask
  status      the newest runs of each job, from the table job_runs
  --last      how many of each (3)
  --without-terraform
              do not ask Terraform what it made, though infra/ was set up with it: the names are those that it would
              give, and runs make the tables

Settings are read from the environment, and where it says nothing from .env; README.md lists them.
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
                [[ $action == deploy || $action == "${1#--}" ]] || refuse "status and --delete do not go together."
                action=${1#--}
                ;;
            -h | --help)
                usage
                exit 0
                ;;
            *) refuse "$1 is not known here. ./deploy.sh --help says what is." ;;
        esac
        shift
    done
    [[ $last =~ ^[1-9][0-9]{0,3}$ ]] || refuse "--last is a number from 1 to 9999."
}

# --- What has to be there.

check_programs() {
    local program=gcloud missing=''
    [[ $action != status ]] || program=bq
    command -v "$program" >/dev/null ||
        missing="$program is missing: install the Google Cloud CLI, https://cloud.google.com/sdk/docs/install$NEWLINE"
    find_python ||
        missing+="Python 3.11 or later is missing: install it as python3$NEWLINE"
    if [[ -n $missing ]]; then
        printf '%s' "$missing" >&2
        refuse "Something that is needed is missing."
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

# Keeps Terraform's outputs, if there are any. That there are none is believed only where infra/ is as it was shipped:
# else functions would go beside what Terraform made, and make tables of their own.
read_terraform() {
    [[ -z $is_without_terraform ]] || return 0
    if ! command -v terraform >/dev/null; then
        ! is_set_up || refuse "infra/ was set up with Terraform, and terraform is not on the PATH." \
            "Install it, or say --without-terraform."
    elif ! terraform -chdir=infra output -json >"$work/outputs.json" 2>"$work/said"; then
        # As it was shipped, infra/ has no outputs, which is no failure.
        cat "$work/said" >&2
        refuse "Terraform's outputs cannot be read. Run terraform -chdir=infra init if it was not run here," \
            "or say --without-terraform."
    elif grep -q '"value"' "$work/outputs.json"; then
        plan_arguments+=(--outputs "$work/outputs.json")
    else
        ! is_set_up || refuse "Terraform has no outputs here: choose its workspace, or run" \
            "terraform -chdir=infra apply; or say --without-terraform."
    fi
}

is_set_up() {
    [[ -e infra/terraform.tfstate || -d infra/terraform.tfstate.d || -d infra/.terraform ]] ||
        grep -qsE '^[[:space:]]*"?(backend|cloud)"?[[:space:]]*["{:]' infra/*.tf infra/*.tf.json
}

# Lets the plan be written: files of records, which the rest reads.
read_plan() {
    [[ -z $only ]] || plan_arguments+=(--only "$only")
    [[ -z $region ]] || plan_arguments+=(--region "$region")
    make_plan "$work"
    IFS=$SEPARATOR read -r project region dataset location repository builds_account scheduler_account tables \
        <"$work/place"
    say "Project $project, region $region, dataset $dataset in $location, tables: $tables"
}

make_plan() {
    "$python" -B deploy/plan.py ${plan_arguments[@]+"${plan_arguments[@]}"} "$@"
}

# What would be found out only after a deployment of minutes.
check_settings() {
    local kind text are_wrong=''
    while IFS=$SEPARATOR read -r -u 4 kind text; do
        printf 'deploy.sh: %s: %s\n' "$kind" "$text" >&2
        [[ $kind == note ]] || are_wrong=1
    done 4<"$work/problems"
    [[ -z $are_wrong ]] || refuse_unless_dry "Nothing was deployed: correct that first."
}

check_secrets() {
    local secret owner version are_missing=''
    while IFS=$SEPARATOR read -r -u 4 secret owner version; do
        is_enabled "$secret" "$owner" "$version" || are_missing=1
    done 4<"$work/secrets"
    [[ -z $are_missing ]] || refuse_unless_dry "Nothing was deployed: add the versions first."
}

# Whether the very version can be read that the function will get; `latest` is the newest, enabled or not.
is_enabled() {
    local state='' secret=$1 owner=$2 version=$3
    local command=(gcloud secrets versions describe "$version" "--secret=$secret" "--project=$owner")
    command+=('--format=value(state)')
    trace "${command[@]}"
    if state=$("${command[@]}" </dev/null 2>"$work/said"); then
        [[ ! $state =~ ^[Ee][Nn][Aa][Bb][Ll][Ee][Dd]$ ]] || return 0
        printf 'The version %s of the secret %s is %s. ' "$version" "$secret" "$state" >&2
        printf 'Enable it unless it is destroyed, name another, or ' >&2
    else
        if ! says_not_there; then
            cat "$work/said" >&2
            refuse_unless_dry "The secret $secret cannot be looked at. Nothing was deployed."
        fi
        printf 'The secret %s has no version %s. Name another, or ' "$secret" "$version" >&2
    fi
    printf 'add one, from standard input:\n' >&2
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

# Writes a function's variables where nobody else reads them; what they are called is no secret.
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
    local name=$1 uri job function cron zone deadline retries body
    begin "making the jobs that call $name"
    uri=$(read_uri "$name")
    uris+="$name$SEPARATOR$uri$NEWLINE"
    while IFS=$SEPARATOR read -r -u 6 job function cron zone deadline retries body; do
        if [[ $function == "$name" ]]; then
            make_job "$job" "$name" "$uri" "$cron" "$zone" "$deadline" "$retries" "$body"
        fi
    done 6<"$work/schedules"
    end
}

# In a dry run the function need not be there yet.
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
        [[ $uri == https://* ]] || refuse "$1 has no URI: $uri"
        printf '%s' "$uri"
    fi
}

make_job() {
    local job=$1 name=$2 uri=$3 cron=$4 zone=$5 deadline=$6 retries=$7 body=$8 verb=update headers=--update-headers
    local where=("--project=$project" "--location=$region")
    if ! is_job "$job"; then
        verb=create headers=--headers
    fi
    change gcloud scheduler jobs "$verb" http "$job" "${where[@]}" "--schedule=$cron" "--time-zone=$zone" \
        "--uri=$uri" --http-method=post "$headers=Content-Type=application/json" "--message-body=$body" \
        "--oidc-service-account-email=$scheduler_account" "--oidc-token-audience=$uri" \
        "--attempt-deadline=$deadline" "--max-retry-attempts=$retries" \
        "--description=$MARK $name, by config/schedules.json" --quiet --format=none
}

is_job() {
    local command=(gcloud scheduler jobs describe "$1" "--project=$project" "--location=$region")
    command+=('--format=value(name)')
    trace "${command[@]}"
    ! "${command[@]}" </dev/null >/dev/null 2>"$work/said" || return 0
    if [[ -s $work/said && -z $is_dry_run ]] && ! says_not_there; then
        cat "$work/said" >&2
        refuse "The job $1 cannot be looked at."
    fi
    return 1
}

# Deletes the jobs that were made here and are not listed any more.
delete_leftover_jobs() {
    local job description ours="$MARK "
    local command=(gcloud scheduler jobs list "--project=$project" "--location=$region")
    command+=('--format=value(name.basename(),description)')
    [[ -z $only ]] || ours="$MARK $only,"
    begin "deleting jobs that config/schedules.json does not list"
    trace "${command[@]}"
    "${command[@]}" </dev/null >"$work/jobs" || [[ -n $is_dry_run ]]
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
    say 'To try them; who calls needs roles/run.invoker, which owners and editors of the project have:'
    while IFS=$SEPARATOR read -r name uri; do
        if [[ -n $name ]]; then
            # shellcheck disable=SC2016  # It is whoever runs it who asks for a token.
            printf 'curl -sS -H "Authorization: Bearer $(gcloud auth print-identity-token)" %q\n' "$uri" >&3
        fi
    done <<<"$uris"
}

# --- Deleting, and looking.

delete_all() {
    local name function rest
    confirm "Delete ${only:-all functions}, and the jobs that call them, in project $project, region $region?"
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
    say "Tables, secrets, accounts and the images' repository stay; they are Terraform's, or yours, to delete."
}

confirm() {
    local answer=''
    [[ -z $is_dry_run && -z $is_confirmed ]] || return 0
    printf '%s [y/N] ' "$1" >&3
    read -r answer || true
    [[ $answer == [Yy] || $answer == [Yy][Ee][Ss] ]] || refuse "Nothing was deleted."
}

# Runs a command that deletes something; that it is gone already is no failure.
delete() {
    if change "$@" 2>"$work/said"; then
        return 0
    fi
    if ! says_not_there; then
        cat "$work/said" >&2
        return 1
    fi
    say "# It was not there."
}

# Whether gcloud failed because there is no such thing.
says_not_there() {
    grep -qE '\) NOT_FOUND:|status=\[404\]' "$work/said"
}

# The statement begins with a comment, which bq would take for a flag; it reads one from standard input too.
show_status() {
    bq --headless "--project_id=$project" "--location=$location" "--dataset_id=$project:$dataset" query \
        --nouse_legacy_sql --format=pretty --max_rows=10000 "--parameter=last:INT64:$last" \
        <deploy/status.sql
}

# --- How a command is run, and told of.

# Runs a command that changes something; a dry run only prints it.
change() {
    trace "$@"
    [[ -z $is_dry_run ]] || return 0
    # In a process group of its own and waited for, so that a signal need not wait for its end.
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

refuse_unless_dry() {
    [[ -n $is_dry_run ]] || refuse "$@"
}

ignore_signals() {
    trap '' HUP INT PIPE TERM
}

# Leaves nothing behind, says how far it came, and ends. A signal before it ignores them begins it anew, and that one
# ends everything: whatever comes and however often, it is gone through from its first line to its last once.
finish() {
    local status=$1
    ignore_signals
    trap - EXIT
    [[ -z $work ]] || rm -rf "$work"
    if [[ $status -ne 0 && -n $step ]]; then
        {
            printf 'deploy.sh: stopped while %s.\n' "$step"
            printf 'Done before that:\n%s\n' "${done_steps:-  nothing}"
            printf 'Run the same command again when the cause is gone: what is done already, it does not change.\n'
        } >&2
    fi
    trap 'ignore_signals; exit "$status"' HUP INT TERM
    if [[ -n $child ]] && kill -- "-$child" 2>/dev/null; then
        printf 'Waiting for gcloud to end; Ctrl-C ends the waiting.\n' >&2
        wait "$child" 2>/dev/null || true
    fi
    exit "$status"
}

main "$@"
