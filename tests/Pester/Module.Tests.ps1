# What importing does to a process; most of it needs a process that has not imported yet.
Describe 'the module' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $manifest = Join-Path $ModuleFolder 'SyncModule.psd1'
        $null = Add-TestVault home
        Set-SyncItem a 1 -Vault home
        function Copy-Module([string] $Name) {
            $copy = Get-TestPath "$Name/SyncModule"
            $null = New-Item -ItemType Directory (Split-Path $copy)
            Copy-Item $ModuleFolder $copy -Recurse
            Join-Path $copy 'SyncModule.psd1'
        }
    }

    AfterAll { Close-TestHome }

    It 'exports the cmdlets of its manifest and nothing else' {
        $module = Get-Module SyncModule
        $module.ExportedCommands.Keys | Sort-Object | Should -Be ((Import-PowerShellDataFile $manifest).CmdletsToExport | Sort-Object)
        $module.ExportedFunctions.Count + $module.ExportedAliases.Count + $module.ExportedVariables.Count | Should -Be 0
        Test-ModuleManifest $manifest -ErrorAction Stop | Should -Not -BeNullOrEmpty
    }

    It 'uses approved verbs, and its state changes know -WhatIf' {
        foreach ($command in Get-Command -Module SyncModule -CommandType Cmdlet) {
            Get-Verb $command.Verb | Should -Not -BeNullOrEmpty -Because $command.Name
            if ($command.Verb -notin 'Get', 'Test', 'Wait') { $command.Parameters.ContainsKey('WhatIf') | Should -BeTrue -Because $command.Name }
            $command.OutputType | Should -Not -BeNullOrEmpty -Because $command.Name
        }
    }

    It 'works after import, -Force twice, removal and import again' {
        $result = Invoke-Pwsh {
            Import-Module $args[0]
            Import-Module $args[0] -Force
            Import-Module $args[0] -Force
            (Get-SyncItem -Vault home).Name
            Remove-Module SyncModule
            "removed: $(@(Get-Module SyncModule).Count)"
            Import-Module $args[0]
            (Get-SyncItem -Vault home).Name
            (Get-Command -Module SyncModule).Count
        } $manifest
        $result.Error | Should -BeNullOrEmpty
        $result.Lines | Should -Be @('a', 'removed: 0', 'a', [string] (Get-Command -Module SyncModule).Count)
    }

    It 'can be imported for the first time by 16 runspaces at once' {
        $result = Invoke-Pwsh {
            $manifest = $args[0]
            1..16 | ForEach-Object -Parallel { Import-Module $using:manifest; (Get-SyncItem -Vault home).Name } -ThrottleLimit 16
            $jobs = 1..4 | ForEach-Object { Start-ThreadJob { Import-Module $using:manifest; (Get-SyncItem -Vault home).Name } }
            $jobs | Receive-Job -Wait -AutoRemoveJob
        } $manifest
        $result.Error | Should -BeNullOrEmpty
        $result.Lines | Should -Be (@('a') * 20)
    }

    It 'can be imported by another module, in its own scope' {
        $other = Get-TestPath 'Other.psm1'
        Set-Content $other "Import-Module '$manifest'`nfunction Get-Names { (Get-SyncItem -Vault home).Name }`nExport-ModuleMember -Function Get-Names"
        $result = Invoke-Pwsh {
            Import-Module $args[0]
            Get-Names
            "outside: $([bool] (Get-Module SyncModule))"
            Import-Module $args[1]
            (Get-SyncItem -Vault home).Name
            Remove-Module SyncModule
            Get-Names
        } $other, $manifest
        $result.Error | Should -BeNullOrEmpty
        $result.Lines | Should -Be @('a', 'outside: False', 'a', 'a')
    }

    It 'keeps the engine and its dependencies out of the default context' {
        $result = Invoke-Pwsh {
            Import-Module $args[0]
            $null = Get-SyncItem -Vault home
            foreach ($assembly in [AppDomain]::CurrentDomain.GetAssemblies()) {
                $name = $assembly.GetName().Name
                if ($name -match '^(SyncModule|Microsoft\.Data\.Sqlite|SQLitePCL)') { "$name $([Runtime.Loader.AssemblyLoadContext]::GetLoadContext($assembly).Name)" }
            }
        } $manifest
        $result.Lines | Should -Contain 'SyncModule Default'
        $result.Lines | Should -Contain 'SyncModule.Commands Default'
        $result.Lines | Where-Object { $_ -notin 'SyncModule Default', 'SyncModule.Commands Default' } | Should -Match ' SyncModule$'
    }

    It 'refuses a second version, by its id, and the first goes on' {
        $second = Copy-Module second
        (Get-Content $second -Raw) -replace "(?m)^(\s+ModuleVersion\s+= )'.*'", "`$1'0.99.0'" | Set-Content $second
        $result = Invoke-Pwsh {
            Import-Module $args[0]
            try { Import-Module $args[1] -ErrorAction Stop } catch { $_.FullyQualifiedErrorId; $_.Exception.Message }
            Remove-Module SyncModule
            try { Import-Module $args[1] -ErrorAction Stop } catch { $_.FullyQualifiedErrorId }
            (Get-Module SyncModule).Version
            Import-Module $args[0]
            (Get-SyncItem -Vault home).Name
        } $manifest, $second
        $result.Lines[0] | Should -Match '^ModuleVersionLoaded'
        $result.Lines[1] | Should -Match 'Start a new PowerShell'
        $result.Lines[2] | Should -Match '^ModuleVersionLoaded'
        $result.Lines[3] | Should -Be 'a'
    }

    It 'refuses another version that was put in its own place meanwhile' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'a loaded assembly cannot be replaced there'; return }
        $place = Copy-Module place
        $result = Invoke-Pwsh {
            Import-Module $args[0]
            (Get-SyncItem -Vault home).Name
            # Any assembly of another version does.
            $bin = Join-Path (Split-Path $args[0]) 'bin'
            Remove-Item (Join-Path $bin 'SyncModule.dll')
            Copy-Item (Join-Path $bin 'Microsoft.Data.Sqlite.dll') (Join-Path $bin 'SyncModule.dll')
            try { Import-Module $args[0] -Force -ErrorAction Stop } catch { $_.FullyQualifiedErrorId }
        } $place
        $result.Lines[0] | Should -Be 'a'
        $result.Lines[1] | Should -Match '^ModuleVersionLoaded'
    }

    It 'imports without <Library>, whose first use is NativeLibraryMissing' -ForEach @(
        @{ Library = 'libsodium'; Files = 'libsodium.so.23', 'libsodium.so.26', 'libsodium.so' }
        @{ Library = 'libzstd'; Files = 'libzstd.so.1', 'libzstd.so' }
    ) {
        if (-not $IsLinux) { Set-ItResult -Skipped -Because 'a library can only be hidden from one process where LD_LIBRARY_PATH is searched first'; return }
        # A file that is no library ends the loader's search, as if the package were not installed.
        $hidden = (New-Item -ItemType Directory (Get-TestPath "no-$Library")).FullName
        foreach ($file in $Files) { Set-Content (Join-Path $hidden $file) 'no library' }
        $result = Invoke-Pwsh {
            Import-Module $args[0] -ErrorAction Stop
            'imported'
            # Long enough to be compressed.
            try { Set-SyncItem b ('text ' * 1000) -Vault home -ErrorAction Stop } catch { $_.FullyQualifiedErrorId; $_.ErrorDetails.RecommendedAction }
            # What was begun without the library must not end the process when it is collected.
            foreach ($n in 1..3) { [GC]::Collect(); [GC]::WaitForPendingFinalizers() }
        } $manifest @{ LD_LIBRARY_PATH = $hidden }
        $result.Error | Should -BeNullOrEmpty
        $result.Lines[0] | Should -Be 'imported'
        $result.Lines[1] | Should -Match '^NativeLibraryMissing,'
        $result.Lines[2] | Should -Match 'Install'
    }

    It 'lives beside another Microsoft.Data.Sqlite, opened <When>' -ForEach @(@{ When = 'before' }, @{ When = 'after' }) {
        $other = Get-TestPath "sqlite-$When"
        $null = New-Item -ItemType Directory $other
        Copy-Item (Join-Path $ModuleFolder 'bin' '*.dll') $other -Exclude 'SyncModule*'
        $rid = [Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
        $native = Get-ChildItem (Join-Path $ModuleFolder 'bin' 'runtimes') -Directory | Where-Object { $rid -eq $_.Name -or $rid -like "*-$(($_.Name -split '-')[-1])" -and $_.Name -match ($IsLinux ? '^linux-(x64|arm64)$' : $IsMacOS ? '^osx' : '^win') } | Select-Object -First 1
        Copy-Item (Join-Path $native.FullName 'native' '*') $other
        $result = Invoke-Pwsh {
            function Open-Other {
                foreach ($name in 'SQLitePCLRaw.core', 'SQLitePCLRaw.provider.e_sqlite3', 'SQLitePCLRaw.batteries_v2', 'Microsoft.Data.Sqlite') { $null = [Reflection.Assembly]::LoadFrom((Join-Path $args[0] "$name.dll")) }
                $connection = [Microsoft.Data.Sqlite.SqliteConnection]::new('Data Source=:memory:')
                $connection.Open()
                $command = $connection.CreateCommand()
                $command.CommandText = "SELECT 'other'"
                $command.ExecuteScalar()
            }
            if ($args[2] -eq 'before') { Open-Other $args[1] }
            Import-Module $args[0]
            (Get-SyncItem -Vault home).Name
            if ($args[2] -eq 'after') { Open-Other $args[1] }
            Set-SyncItem c 1 -Vault home
            Remove-SyncItem c -Vault home -PassThru | ForEach-Object Deleted
        } $manifest, $other, $When
        $result.Error | Should -BeNullOrEmpty
        $result.Lines | Sort-Object | Should -Be ('a', 'other', 'True')
    }
}
