# Runs the examples of docs/cmdlets, each page in a world of its own: a vault home with a device desk, and a second machine, laptop, which is
# another user's folder served by mirord. With SYNCMODULE_UPDATE_EXAMPLES=1 what was seen is written into the pages.

function Open-ExampleWorld {
    # Everything below a home of its own; the pages show it as /home/me.
    Close-Process
    Get-SyncVault | Lock-SyncVault -Force
    Get-SyncVault | Unregister-SyncVault
    Remove-Item (Get-TestPath '*') -Recurse -Force -ErrorAction Ignore
    $null = New-Item -ItemType Directory $env:HOME -Force
    $null = New-SyncVault home -KeyFile (Join-Path $env:HOME 'home.key') -Device desk
    $null = New-SyncVault team -Path (Join-Path $env:HOME 'vaults/team') -KeyFile (Join-Path $env:HOME 'team.key') -Device desk
    Copy-Item (Join-Path $env:HOME 'vaults/team') (Join-Path $env:HOME 'vaults/archive') -Recurse
    Copy-Item (Join-Path $env:HOME 'team.key') (Join-Path $env:HOME 'archive.key')
    Set-SyncItem app/config @{ url = 'https://old.example.net'; retries = 1 }
    Set-SyncItem app/config @{ url = 'https://example.net'; retries = 3 }
    Set-SyncItem github/token (ConvertTo-Secure 'x')
    foreach ($note in 'a', 'b') { Set-SyncItem "notes/$note.md" ([Text.Encoding]::UTF8.GetBytes("# note $note`n" * 40)) }
    $null = New-Item -ItemType Directory (Join-Path $env:HOME 'notes')
    Set-Content (Join-Path $env:HOME 'notes/c.md') '# note c'
    Set-Content (Join-Path $env:HOME 'notes/d.md') '# note d'
    # The laptop: another configuration, another process.
    $laptop = @{ SYNCMODULE_HOME = (Get-TestPath 'laptop-home') }
    $inviting = Start-ThreadJob { New-SyncInvite -Vault home -Listen 127.0.0.1:0 }
    $invite = Wait-Until { Receive-Job $inviting | Where-Object Invite } 'an invite'
    $invite.Invite | Set-Content (Get-TestPath 'invite') -NoNewline
    $joining = Open-Process (Get-Mirord) @('join', (Get-TestPath 'laptop'), '--invite-file', (Get-TestPath 'invite'), '--device', 'laptop', '--key-file', (Get-TestPath 'laptop.key')) $laptop
    $null = Receive-Job $inviting -Wait -AutoRemoveJob -ErrorAction Stop
    $joined = Complete-Process $joining
    if ($joined.ExitCode -ne 0) { throw "the laptop did not join: $($joined.ExitCode) $($joined.Error)" }
    $value = Get-TestPath 'value'
    Set-Content $value '{"url":"https://laptop.example.net","retries":5}' -NoNewline
    Set-SyncItem app/config @{ url = 'https://desk.example.net'; retries = 4 }
    $put = Complete-Process (Open-Process (Get-Mirord) @('put', (Get-TestPath 'laptop'), 'app/config', '--file', $value, '--meta', 'kind=map', '--key-file', (Get-TestPath 'laptop.key')) $laptop)
    if ($put.ExitCode -ne 0) { throw "the laptop did not write: $($put.Error)" }
    $file = Get-TestPath 'laptop.port'
    $null = Open-Process (Get-Mirord) @('serve', (Get-TestPath 'laptop'), '--key-file', (Get-TestPath 'laptop.key'), '--listen', '127.0.0.1:0', '--port-file', $file) $laptop
    $port = Wait-Until { if (Test-Path $file) { (Get-Content $file -Raw).Trim() } } 'the port of the laptop'
    Add-SyncPeer laptop -Address "127.0.0.1:$($port -replace '^.*:')"
    # What the pages talk about exists already, except where they show how it comes about.
    $null = Start-VaultSync
    "127.0.0.1:$($port -replace '^.*:')"
}

function Get-Example([string] $File) {
    # Title, whether a person has to answer, and the lines of each example of a page.
    $text = Get-Content $File -Raw
    foreach ($match in [regex]::Matches($text, '(?ms)^### (Example \d+: [^\n]*)\n.*?^```powershell( interactive)?\n(.*?)^```$')) {
        [pscustomobject]@{ Title = $match.Groups[1].Value; Interactive = $match.Groups[2].Success; Code = $match.Groups[3].Value; Lines = @($match.Groups[3].Value -split "`n" | Where-Object { $_ -like 'PS> *' } | ForEach-Object { $_.Substring(4) }) }
    }
}

function Invoke-Example([string[]] $Lines, [string] $Address) {
    # What a person would see, and the errors.
    $seen = [Text.StringBuilder]::new()
    $errors = [Collections.Generic.List[object]]::new()
    Set-Location $env:HOME
    $shell = [powershell]::Create()
    try {
        $null = $shell.AddScript("Set-Location '$env:HOME'; `$PSStyle.OutputRendering = 'PlainText'; Import-Module '$ModuleFolder/SyncModule.psd1'").Invoke()
        foreach ($line in $Lines) {
            $shell.Commands.Clear()
            $shell.Streams.ClearStreams()
            # The what-if text goes to the host alone; a transcript would have it.
            $text = $shell.AddScript("$line").AddCommand('Out-String').AddParameter('Width', 118).Invoke() -join ''
            $errors.AddRange(@($shell.Streams.Error))
            $shown = @($shell.Streams.Information | Where-Object { $_.Tags -contains 'PSHOST' } | ForEach-Object { "$_" })
            $warnings = @($shell.Streams.Warning | ForEach-Object { "WARNING: $_" })
            $null = $seen.Append("PS> $line`n").Append(((@($warnings) + @($shown) + @($text.Trim("`r", "`n"))) | Where-Object { $_ } | ForEach-Object { "$_`n" }) -join '')
        }
    }
    finally {
        $shell.Dispose()
        Set-Location $Repository
    }
    $text = $seen.ToString().Replace($Address, '192.168.1.9:22020').Replace((Get-TestPath 'user'), '/home/me')
    # A reader's own folders, programs and module.
    $text = $text -replace "(?m)^\`$env:SYNCMODULE_HOME = .*\n" -replace [regex]::Escape((Join-Path $ModuleFolder 'SyncModule.psd1')), 'SyncModule'
    $text = $text.Replace($env:SYNCMODULE_HOME, '/home/me/.config/syncmodule').Replace($PSHOME, '/usr/bin')
    $text = ($text -split "`n" | ForEach-Object TrimEnd) -join "`n" -replace "`n{3,}", "`n`n"
    [pscustomobject]@{ Text = $text; Errors = $errors }
}
